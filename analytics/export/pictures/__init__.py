"""What the drawings are made of: a canvas, then bars, squares, lines and maps on it, then each picture."""
