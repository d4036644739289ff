// until.mjs -- wait for something to become true instead of sleeping for luck.

// By how much time limits are stretched: more than 1 on the sanitizers' build (t/lib/suite) or by TEST_SLOWER. This
// module stretches the limits that it is given; a test that keeps one of its own multiplies it.
export const slower = Number(process.env.TEST_SLOWER || 1);

export const sleep = (ms) => new Promise((settle) => setTimeout(settle, ms));

// The first truthy value of `fn`, asked every few milliseconds; throws after `ms`, naming `what`. An exception of `fn` is final.
export async function until(fn, { ms = 10000, every = 20, what = fn.toString() } = {}) {
	const end = Date.now() + ms * slower;
	for (;;) {
		const value = await fn();
		if (value)
			return value;
		if (Date.now() > end)
			throw new Error(`waited ${ms * slower} ms in vain for ${what}`);
		await sleep(every);
	}
}

// A promise with a limit.
export function within(ms, what, promise) {
	let timer;
	const late = new Promise((_, reject) => {
		timer = setTimeout(() => reject(new Error(`waited ${ms * slower} ms in vain for ${what}`)), ms * slower);
	});
	return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
