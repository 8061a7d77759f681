"""The one road for all data: acquire, stage, detect, guard, apply, verify; and the ways back."""
