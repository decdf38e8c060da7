-- The known answer to a question about several items: what `judgments.said` would be. The outcome
-- is then `answered`.
ALTER TABLE gold ADD COLUMN said VARCHAR;
