-- What belongs to ids that are no UUIDs, and accounts of other issuers, cannot stay.
CREATE FUNCTION uuid_or_null(id text) RETURNS uuid LANGUAGE sql IMMUTABLE
RETURN CASE WHEN id ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN id::uuid END;
DELETE FROM users WHERE issuer IS NOT NULL OR uuid_or_null(id) IS NULL;

DROP POLICY users_owner ON users;
DROP POLICY user_profiles_owner ON user_profiles;
DROP POLICY api_keys_owner ON api_keys;
DROP POLICY watch_list_owner ON watch_list;
DROP POLICY notifications_owner ON notifications;
DROP POLICY batch_jobs_owner ON batch_jobs;
DROP POLICY order_items_owner ON order_items;
DROP POLICY orders_owner ON orders;
DROP FUNCTION product_doc(products);

ALTER TABLE user_profiles DROP CONSTRAINT user_profiles_user_id_fkey, ALTER user_id TYPE uuid USING user_id::uuid;
ALTER TABLE api_keys DROP CONSTRAINT api_keys_user_id_fkey, ALTER user_id TYPE uuid USING user_id::uuid;
ALTER TABLE watch_list DROP CONSTRAINT watch_list_user_id_fkey, ALTER user_id TYPE uuid USING user_id::uuid;
ALTER TABLE notifications DROP CONSTRAINT notifications_user_id_fkey, ALTER user_id TYPE uuid USING user_id::uuid;
ALTER TABLE batch_jobs DROP CONSTRAINT batch_jobs_user_id_fkey, ALTER user_id TYPE uuid USING user_id::uuid;
ALTER TABLE products ALTER seller_id TYPE uuid USING uuid_or_null(seller_id);
ALTER TABLE stock_adjustments ALTER user_id TYPE uuid USING uuid_or_null(user_id);
ALTER TABLE orders ALTER user_id TYPE uuid USING uuid_or_null(user_id);
ALTER TABLE order_items ALTER user_id TYPE uuid USING uuid_or_null(user_id), ALTER seller_id TYPE uuid USING uuid_or_null(seller_id);
DROP FUNCTION uuid_or_null(text);

DROP INDEX users_rank;
ALTER TABLE users ALTER id DROP DEFAULT, DROP CONSTRAINT users_id, DROP CONSTRAINT users_login, DROP COLUMN issuer, DROP COLUMN claims_at;
ALTER TABLE users ALTER id TYPE uuid USING id::uuid, ALTER id SET DEFAULT gen_random_uuid(), ALTER email SET NOT NULL,
	ALTER password_hash SET NOT NULL;

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

CREATE FUNCTION is_caller(owner uuid) RETURNS boolean LANGUAGE sql STABLE
RETURN coalesce(current_setting('dure.user', true), '') IN ('', owner::text);
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
