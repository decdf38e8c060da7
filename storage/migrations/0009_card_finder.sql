-- What found a card that was offered: the words that both share, or an encoder by the hash of its
-- folder's content.
ALTER TABLE card_offers ADD COLUMN finder VARCHAR DEFAULT 'tfidf';
