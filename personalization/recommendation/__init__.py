"""The right products for each customer, with the reasons that the events give."""
