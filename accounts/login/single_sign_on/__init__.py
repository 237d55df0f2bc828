"""Log-in by an agency's identity provider: OpenID Connect on django-allauth.

allauth runs the authorization code flow with state and PKCE. What it leaves out is added here:
nonce, signatures of ID tokens, bounds of outgoing calls; and which person a token stands for.
"""
