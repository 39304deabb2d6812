"""Pairs of runs whose causes are planted, and what is known of them without asking us."""
