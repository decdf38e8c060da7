"""Models that read texts, and how they are fitted. The only room with transformers and peft."""
