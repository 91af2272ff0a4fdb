"""What is trained, what happened to it, and which process works on it: folders under models/."""
