"""Series and visitors' counts -> what is out of the ordinary, how far, of what kind and why; pure and causal."""
