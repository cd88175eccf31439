package org.octothorpe.data.duplicates;

import io.github.jbellis.jvector.graph.GraphIndexBuilder;
import io.github.jbellis.jvector.graph.GraphSearcher;
import io.github.jbellis.jvector.graph.ImmutableGraphIndex;
import io.github.jbellis.jvector.graph.ListRandomAccessVectorValues;
import io.github.jbellis.jvector.graph.RandomAccessVectorValues;
import io.github.jbellis.jvector.graph.SearchResult;
import io.github.jbellis.jvector.graph.similarity.DefaultSearchScoreProvider;
import io.github.jbellis.jvector.util.Bits;
import io.github.jbellis.jvector.vector.VectorSimilarityFunction;
import io.github.jbellis.jvector.vector.VectorizationProvider;
import io.github.jbellis.jvector.vector.types.VectorFloat;
import io.github.jbellis.jvector.vector.types.VectorTypeSupport;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.IntStream;

/**
 * The search that follows a graph of near rows instead of comparing all, by jvector: for sets that
 * are too large for {@link ExactSearch}. It misses some neighbors, and which ones depends on the
 * threads that built it.
 */
final class GraphSearch implements NeighborSearch {
  private static final Logger JVECTOR = Logger.getLogger("io.github.jbellis.jvector");

  static {
    // It warns of what cannot be changed here, such as the Java version. To see it, set a
    // level.
    if (JVECTOR.getLevel() == null) {
      JVECTOR.setLevel(Level.SEVERE);
    }
  }

  private static final int DEGREE = 32;
  private static final int BEAM = 100;
  private static final float OVERFLOW = 1.2f;
  private static final float ALPHA = 1.2f;
  private static final int VISITED_PER_NEIGHBOR = 4;
  private static final int QUERIES_PER_TASK = 64;

  private final VectorTypeSupport vectors =
      VectorizationProvider.getInstance().getVectorTypeSupport();
  private final float[][] rows;
  private final RandomAccessVectorValues values;
  private final ImmutableGraphIndex graph;

  /** Builds the graph of rows [rows, D] of length 1. */
  GraphSearch(float[][] rows) {
    this.rows = rows;
    List<VectorFloat<?>> wrapped = Arrays.stream(rows).<VectorFloat<?>>map(this::vector).toList();
    this.values = new ListRandomAccessVectorValues(wrapped, rows[0].length);
    try (GraphIndexBuilder builder =
        GraphIndexBuilder.builder(values, VectorSimilarityFunction.DOT_PRODUCT, DEGREE)
            .withBeamWidth(BEAM)
            .withNeighborOverflow(OVERFLOW)
            .withAlpha(ALPHA)
            .build()) {
      this.graph = builder.build(values);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // it is in memory alone
    }
  }

  private VectorFloat<?> vector(float[] row) {
    return vectors.createFloatVector(row);
  }

  @Override
  public Neighbors nearest(float[][] queries, int k) {
    Neighbors best = new Neighbors(queries.length, k);
    int tasks = (queries.length + QUERIES_PER_TASK - 1) / QUERIES_PER_TASK;
    IntStream.range(0, tasks)
        .parallel()
        .forEach(
            task -> {
              int first = task * QUERIES_PER_TASK;
              search(queries, first, Math.min(queries.length, first + QUERIES_PER_TASK), k, best);
            });
    return best;
  }

  private void search(float[][] queries, int first, int end, int k, Neighbors best) {
    try (GraphSearcher searcher = new GraphSearcher(graph)) {
      for (int query = first; query < end; query++) {
        DefaultSearchScoreProvider scores =
            DefaultSearchScoreProvider.exact(
                vector(queries[query]), VectorSimilarityFunction.DOT_PRODUCT, values.copy());
        SearchResult result =
            searcher.search(scores, k, Math.max(BEAM, VISITED_PER_NEIGHBOR * k), 0, 0, Bits.ALL);
        int[] found =
            Arrays.stream(result.getNodes()).mapToInt(node -> node.node).sorted().toArray();
        for (int index : found) {
          float[] score = {product(queries[query], rows[index])};
          best.offer(query, index, score, 0, 1);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static float product(float[] a, float[] b) {
    float sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }
}
