"""A workshop: the course as folders for students and teachers, with a plan of the day."""
