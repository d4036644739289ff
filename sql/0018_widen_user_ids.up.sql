-- Users have any text of up to 64 bytes for an id, as other issuers of tokens name them; those made here stay UUIDs.
-- The tables are written anew under an exclusive lock. Processes of an older version fail on users' rows until they are replaced.

DROP POLICY users_owner ON users;
DROP POLICY user_profiles_owner ON user_profiles;
DROP POLICY api_keys_owner ON api_keys;
DROP POLICY watch_list_owner ON watch_list;
DROP POLICY notifications_owner ON notifications;
DROP POLICY batch_jobs_owner ON batch_jobs;
DROP POLICY order_items_owner ON order_items;
DROP POLICY orders_owner ON orders;
DROP FUNCTION is_caller(uuid);
DROP FUNCTION product_doc(products);

ALTER TABLE user_profiles DROP CONSTRAINT user_profiles_user_id_fkey, ALTER user_id TYPE text;
ALTER TABLE api_keys DROP CONSTRAINT api_keys_user_id_fkey, ALTER user_id TYPE text;
ALTER TABLE watch_list DROP CONSTRAINT watch_list_user_id_fkey, ALTER user_id TYPE text;
ALTER TABLE notifications DROP CONSTRAINT notifications_user_id_fkey, ALTER user_id TYPE text;
ALTER TABLE batch_jobs DROP CONSTRAINT batch_jobs_user_id_fkey, ALTER user_id TYPE text;
ALTER TABLE products ALTER seller_id TYPE text;
ALTER TABLE stock_adjustments ALTER user_id TYPE text;
ALTER TABLE orders ALTER user_id TYPE text;
ALTER TABLE order_items ALTER user_id TYPE text, ALTER seller_id TYPE text;

-- An account of another issuer has neither password nor, as far as is known here, an address: its issuer says who it is.
ALTER TABLE users ALTER id DROP DEFAULT;
ALTER TABLE users
	ALTER id TYPE text,
	ALTER id SET DEFAULT gen_random_uuid()::text,
	ALTER email DROP NOT NULL,
	ALTER password_hash DROP NOT NULL,
	ADD COLUMN issuer text,				-- NULL: an account of Dure
	ADD COLUMN claims_at timestamptz,		-- of the token that role and tier are from
	ADD CONSTRAINT users_id CHECK (octet_length(id) BETWEEN 1 AND 64),
	ADD CONSTRAINT users_login CHECK (issuer IS NOT NULL OR (email IS NOT NULL AND password_hash IS NOT NULL));
-- By what accounts are listed: their address, else their id behind a space.
CREATE INDEX users_rank ON users (coalesce(email, ' ' || id));

ALTER TABLE user_profiles ADD FOREIGN KEY (user_id) REFERENCES users ON DELETE CASCADE;
ALTER TABLE api_keys ADD FOREIGN KEY (user_id) REFERENCES users ON DELETE CASCADE;
ALTER TABLE watch_list ADD FOREIGN KEY (user_id) REFERENCES users ON DELETE CASCADE;
ALTER TABLE notifications ADD FOREIGN KEY (user_id) REFERENCES users ON DELETE CASCADE;
ALTER TABLE batch_jobs ADD FOREIGN KEY (user_id) REFERENCES users ON DELETE CASCADE;

CREATE FUNCTION product_doc(p products) RETURNS jsonb LANGUAGE sql STABLE
RETURN jsonb_build_object('id', (p).id, 'name', (p).name, 'description', (p).description, 'price', (p).price, 'stock', (p).stock,
	'sold', (p).sold, 'categoryId', (p).category_id, 'imageUrl', (p).image_url, 'sellerId', (p).seller_id, 'rating', (p).rating,
	'reviewCount', (p).review_count, 'version', (p).version, 'revision', (p).revision, 'createdAt', iso((p).created_at),
	'updatedAt', iso((p).updated_at));

CREATE POLICY users_owner ON users USING (is_caller(id));
CREATE POLICY user_profiles_owner ON user_profiles USING (is_caller(user_id));
CREATE POLICY api_keys_owner ON api_keys USING (is_caller(user_id));
CREATE POLICY watch_list_owner ON watch_list USING (is_caller(user_id));
CREATE POLICY notifications_owner ON notifications USING (is_caller(user_id));
CREATE POLICY batch_jobs_owner ON batch_jobs USING (is_caller(user_id));
CREATE POLICY order_items_owner ON order_items USING (is_caller(user_id) OR is_caller(seller_id));
CREATE POLICY orders_owner ON orders
	USING (is_caller(user_id) OR EXISTS (SELECT FROM order_items i WHERE i.order_id = orders.id AND is_caller(i.seller_id)))
	WITH CHECK (is_caller(user_id));
