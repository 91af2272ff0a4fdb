"""The colours of all figures: Okabe and Ito's (2008, Color Universal Design), which the colour-blind tell apart.

Without its black and its yellow, which vanish on a dark or a light page.
"""

BLUE, SKY, PURPLE = "#0072B2", "#56B4E9", "#CC79A7"
ORANGE, VERMILLION, GREEN = "#E69F00", "#D55E00", "#009E73"
GREY = "#8C8C8C"
