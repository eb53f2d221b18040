"""Who the two are: how they join, what they prefer, what they are told, and how they leave."""
