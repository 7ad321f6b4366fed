"""What a population forgets: modal labels, PIEs, their null and intervals, class impact. Never imports torch."""
