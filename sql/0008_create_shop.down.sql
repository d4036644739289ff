DROP TABLE payment_events, order_items, orders, product_changes, stock_adjustments CASCADE;
DROP FUNCTION product_doc(products);
DROP FUNCTION live_streams_of(text);
DROP INDEX products_shop_new, products_shop_price, products_seller, products_category;
ALTER TABLE products
	DROP COLUMN seller_id,
	DROP COLUMN category_id,
	DROP COLUMN description,
	DROP COLUMN stock,
	DROP COLUMN sold,
	DROP COLUMN version,
	DROP COLUMN revision,
	DROP COLUMN deleted_at,
	RESET (fillfactor);
DROP TABLE categories;
