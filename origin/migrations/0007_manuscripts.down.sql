DROP TABLE manuscripts;
