"""The parts of the Teach page: samples drawn class by class, a training on them, and one's own handwriting."""
