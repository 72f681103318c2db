DROP TABLE offers;
DROP TABLE cameras;
