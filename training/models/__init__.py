"""What training keeps: proficiency exercises with their answers, their rules, practice pictures."""

from training.models.exercise import Exercise, ExerciseAnswer, ExercisePair
from training.models.picture import PracticePicture
from training.models.rules import ProficiencyRules

__all__ = [
    "Exercise",
    "ExerciseAnswer",
    "ExercisePair",
    "PracticePicture",
    "ProficiencyRules",
]
