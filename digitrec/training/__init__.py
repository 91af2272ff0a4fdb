"""Training, export and attack with TensorFlow, in a worker process and nowhere else.

Import its modules one by one: TensorFlow takes seconds and hundreds of megabytes.
"""
