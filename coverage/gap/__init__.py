"""Who has no signal and no fibre: demand points, evidence, status of villages and communes, gap areas."""
