DROP TABLE cdn_budget;
DROP TABLE cdn_progress;
DROP TABLE cdn_invalidations;
DROP TABLE receipts;
DROP TABLE edge_processes;
