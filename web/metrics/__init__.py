"""What Prometheus reads: the plain numbers of the other packages under their public names, one module for each part."""
