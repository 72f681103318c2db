DROP TABLE archived_texts;
