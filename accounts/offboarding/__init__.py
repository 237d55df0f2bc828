"""The end of a closed agency: what is exported, how it is destroyed, what the receipt says."""
