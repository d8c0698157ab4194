"""The settings of the learners with networks; nothing here needs the extra for learning."""
