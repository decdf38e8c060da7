"""What texts say about preferences: features of texts and the models that read them, numpy only."""
