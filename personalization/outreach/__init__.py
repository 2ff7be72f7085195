"""Prospects: who they are at work, what each is offered on which channel, and what comes back."""
