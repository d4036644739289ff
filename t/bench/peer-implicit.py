#!/usr/bin/env python3
"""Recommenders of `implicit` (PyPI) on the data and split of recommend.bench: FILE is {split, k, rows: [[user, item, time]], keywords}.

Prints a JSON list of what `dure recommend eval` measures, by the same rules. SEEDS (3): runs of those that begin at random.
"""
import json
import os
import sys
import time
os.environ.setdefault('OPENBLAS_NUM_THREADS', '1')
import numpy
import scipy.sparse
from implicit.als import AlternatingLeastSquares
from implicit.bpr import BayesianPersonalizedRanking
from implicit.nearest_neighbours import BM25Recommender, CosineRecommender

data = json.load(open(sys.argv[1]))
k = data['k']
users = {u: i for i, u in enumerate(sorted({r[0] for r in data['rows']}))}
items = {v: i for i, v in enumerate(sorted(data['keywords']))}
words = [set(data['keywords'][v]) for v in sorted(data['keywords'])]
rows = [(users[u], items[v], t) for u, v, t in data['rows']]


def cut(rows):
    """Training rows and the relevant items of each case; rows are in order of time."""
    if data['split'] == 'last':
        last = {u: n for n, (u, _, _) in enumerate(rows)}
        train = [r for n, r in enumerate(rows) if last[r[0]] != n]
        future = [rows[n] for n in last.values()]
    else:
        edge = rows[int(numpy.ceil(0.8 * len(rows))) - 1][2]
        train = [r for r in rows if r[2] <= edge]
        future = [r for r in rows if r[2] > edge]
    seen = {}
    for u, v, _ in train:
        seen.setdefault(u, set()).add(v)
    relevant = {}
    for u, v, _ in future:
        if u in seen and v not in seen[u]:
            relevant.setdefault(u, set()).add(v)
    return train, relevant


train, relevant = cut(rows)
matrix = scipy.sparse.csr_matrix((numpy.ones(len(train), dtype=numpy.float32),
                                  ([r[0] for r in train], [r[1] for r in train])), shape=(len(users), len(items)))
matrix.data[:] = 1
popularity = numpy.asarray(matrix.sum(0)).ravel()
cases = sorted(relevant)
active = int((matrix.getnnz(axis=1) > 0).sum())


def unlike(a, b):
    either = words[a] | words[b]
    return 1 - len(words[a] & words[b]) / len(either) if either else 0


def measure(name, make):
    began = time.time()
    model = make()
    model.fit(matrix, show_progress=False)
    trained = time.time() - began
    ndcg, hits, shown, novelty, diversity, spent = [], 0, set(), [], [], 0
    for u in cases:
        began = time.time()
        top, scores = model.recommend(u, matrix[u], N=k, filter_already_liked_items=True)
        spent += time.time() - began
        top = [int(x) for x, s in zip(top, scores) if s > -1e30]
        gain = sum(1 / numpy.log2(n + 2) for n, x in enumerate(top) if x in relevant[u])
        ndcg.append(gain / sum(1 / numpy.log2(n + 2) for n in range(min(k, len(relevant[u])))))
        hits += gain > 0
        shown.update(top)
        if top:
            novelty.append(numpy.mean([numpy.log2((active + 1) / (popularity[x] + 1)) for x in top]))
            pairs = [unlike(a, b) for i, a in enumerate(top) for b in top[:i]]
            diversity.append(numpy.mean(pairs) if pairs else 0)
    return dict(name=name, ndcg=numpy.mean(ndcg), ndcgError=numpy.std(ndcg) / numpy.sqrt(max(1, len(ndcg) - 1)), hitRate=hits / len(cases),
                coverage=len(shown) / len(items), novelty=numpy.mean(novelty), diversity=numpy.mean(diversity),
                trainingMs=trained * 1000, timeMs=spent * 1000 / len(cases))


def mean_of(name, make):
    runs = [measure(name, lambda: make(seed)) for seed in range(int(os.environ.get('SEEDS', '3')))]
    return {key: name if key == 'name' else float(numpy.mean([r[key] for r in runs])) for key in runs[0]}


print(json.dumps([
    {key: v if key == 'name' else float(v) for key, v in r.items()} for r in (
        measure('implicit cosine', lambda: CosineRecommender(K=100, num_threads=1)),
        measure('implicit BM25', lambda: BM25Recommender(K=100, num_threads=1)),
        mean_of('implicit ALS 32', lambda seed: AlternatingLeastSquares(
            factors=32, regularization=.1, alpha=4, iterations=15, num_threads=1, random_state=seed)),
        mean_of('implicit ALS 64', lambda seed: AlternatingLeastSquares(
            factors=64, regularization=.1, alpha=10, iterations=15, num_threads=1, random_state=seed)),
        mean_of('implicit BPR 64', lambda seed: BayesianPersonalizedRanking(
            factors=64, iterations=100, num_threads=1, random_state=seed)),
    )
]))
