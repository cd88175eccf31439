package org.octothorpe.data.duplicates;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongConsumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.octothorpe.Device;

/**
 * The search for pairs of images that show the same: passes propose, from equal files to the
 * nearest by features, and the {@link Alignment} of the pixels scores what they propose.
 *
 * <p>Each pass proposes at most k images for each, and as many for its mirror image.
 */
public final class DuplicateSearch {
  /** Neighbors of each image that are looked at, as in Mahajan et al. 2018. */
  public static final int DEFAULT_K = 21;

  /** Images up to which every pair is compared. */
  public static final int DEFAULT_EXACT_LIMIT = 200_000;

  /** The score below which pairs are not kept: no threshold lies there. */
  public static final double FLOOR = 0.5;

  /** Bits of a perceptual hash; new quality, size or brightness changed at most 8. */
  private static final int HASH_DISTANCE = 8;

  private static final int RECALL_SAMPLE = 200;

  private final Device device;
  private final SearchSet searched;
  private final int k;
  private final boolean exact;
  private final Map<PairSource, Double> graphRecall = new EnumMap<>(PairSource.class);
  private final List<Proposer> proposers = new ArrayList<>();

  private record Proposer(PairSource pass, NeighborSearch search) {}

  /** What a pass says of a pair: each orientation is to be tried only if it was proposed. */
  private static final class Proposal {
    private final PairSource pass;
    private boolean straight;
    private boolean mirrored;
    private double feature = Double.NaN;

    Proposal(PairSource pass) {
      this.pass = pass;
    }

    void orientation(boolean isMirrored) {
      mirrored |= isMirrored;
      straight |= !isMirrored;
    }
  }

  /**
   * Prepares the search in some images.
   *
   * @param device for the products of features
   * @param k neighbors of each image that a pass looks at, at least 1
   * @param exactLimit images up to which every pair is compared; above it a graph of neighbors is
   *     built, which takes memory and finds most of them
   */
  public DuplicateSearch(Device device, SearchSet searched, int k, int exactLimit) {
    if (k < 1) {
      throw new IllegalArgumentException("k is " + k + ", but must be >= 1");
    }
    this.device = device;
    this.searched = searched;
    this.k = k;
    this.exact = searched.prints().size() <= exactLimit;
    add(PairSource.SHAPE, searched.prints().shapes());
    float[][] features = searched.features();
    if (features != null) {
      add(PairSource.NETWORK, features);
    }
  }

  private void add(PairSource pass, float[][] rows) {
    ExactSearch all = new ExactSearch(device, rows);
    if (exact) {
      proposers.add(new Proposer(pass, all));
      return;
    }
    GraphSearch graph = new GraphSearch(rows);
    proposers.add(new Proposer(pass, graph));
    int count = Math.min(RECALL_SAMPLE, rows.length);
    float[][] sample = new float[count][];
    Arrays.setAll(sample, i -> rows[(int) ((long) i * rows.length / count)]);
    graphRecall.put(pass, all.nearest(sample, k).shareIn(graph.nearest(sample, k)));
  }

  /**
   * Returns, for each pass that searches a graph, the share of the true k nearest of {@value
   * #RECALL_SAMPLE} images that the graph finds; none where every pair is compared.
   */
  public Map<PairSource, Double> graphRecall() {
    return Collections.unmodifiableMap(graphRecall);
  }

  /**
   * Finds the duplicates of other images.
   *
   * @param progress receives the number of images whose proposals were scored, from any thread
   * @return pairs that score {@link #FLOOR} or more, by query, the best first
   */
  public List<Pair> of(SearchSet queries, LongConsumer progress) {
    return find(queries, false, progress);
  }

  /**
   * Finds duplicates among the images themselves, which must have been read by {@link
   * SearchSet#queried}.
   *
   * @return pairs that score {@link #FLOOR} or more, each once: the match comes before the query
   */
  public List<Pair> within(LongConsumer progress) {
    return find(searched, true, progress);
  }

  private List<Pair> find(SearchSet queries, boolean within, LongConsumer progress) {
    int count = queries.prints().size();
    List<Map<Integer, Proposal>> proposals = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      proposals.add(new TreeMap<>());
    }
    proposeBytes(queries.prints(), within, proposals);
    proposeHashes(queries.prints(), within, proposals);
    for (Proposer proposer : proposers) {
      float[][] straight = queries.prints().shapes();
      float[][] mirrored = null;
      if (proposer.pass() == PairSource.NETWORK) {
        straight = require(queries.features());
        mirrored = require(queries.mirroredFeatures());
      } else {
        mirrored = queries.prints().mirroredShapes();
      }
      proposeNearest(proposer, straight, false, within, proposals);
      proposeNearest(proposer, mirrored, true, within, proposals);
    }
    AtomicInteger done = new AtomicInteger();
    List<List<Pair>> pairs =
        IntStream.range(0, count)
            .parallel()
            .mapToObj(
                query -> {
                  List<Pair> found = score(queries.prints(), query, proposals.get(query));
                  progress.accept(done.incrementAndGet());
                  return found;
                })
            .toList();
    return pairs.stream().flatMap(List::stream).toList();
  }

  private static float[][] require(float @Nullable [][] features) {
    if (features == null) {
      throw new IllegalArgumentException(
          "the images that are searched in have features of a network, those searched for have none"
              + " of themselves and of their mirror images");
    }
    return features;
  }

  /** Of a pair within a set, the later image is the query. */
  private static @Nullable Proposal propose(
      PairSource pass,
      int query,
      int match,
      boolean within,
      List<Map<Integer, Proposal>> proposals) {
    if (within && query == match) {
      return null;
    }
    int from = within ? Math.max(query, match) : query;
    int to = within ? Math.min(query, match) : match;
    return proposals.get(from).computeIfAbsent(to, index -> new Proposal(pass));
  }

  private void proposeBytes(
      Fingerprints queries, boolean within, List<Map<Integer, Proposal>> proposals) {
    Map<String, Integer> first = new HashMap<>();
    for (int i = 0; i < searched.prints().size(); i++) {
      String digest = searched.prints().digest(i);
      if (digest != null) {
        first.putIfAbsent(digest, i);
      }
    }
    for (int query = 0; query < queries.size(); query++) {
      Integer match = first.get(queries.digest(query));
      if (match != null) {
        propose(PairSource.BYTES, query, match, within, proposals);
      }
    }
  }

  private void proposeHashes(
      Fingerprints queries, boolean within, List<Map<Integer, Proposal>> proposals) {
    for (boolean mirrored : new boolean[] {false, true}) {
      List<int[]> near =
          IntStream.range(0, queries.size())
              .parallel()
              .mapToObj(query -> nearHashes(queries, query, mirrored, within))
              .toList();
      for (int query = 0; query < queries.size(); query++) {
        for (int match : near.get(query)) {
          Proposal proposal = propose(PairSource.HASH, query, match, within, proposals);
          if (proposal != null) {
            proposal.orientation(mirrored);
          }
        }
      }
    }
  }

  /** Returns the images of at most the distance, the k nearest of them if there are more. */
  private int[] nearHashes(Fingerprints queries, int query, boolean mirrored, boolean within) {
    if (queries.luma(query) == null) {
      return new int[0];
    }
    long own = queries.hash(query);
    long hash = mirrored ? PerceptualHash.mirrored(own) : own;
    Fingerprints all = searched.prints();
    // Within a set, the earlier of two finds nothing: the later finds it.
    return IntStream.range(0, within ? query : all.size())
        .filter(i -> PerceptualHash.distance(hash, all.hash(i)) <= HASH_DISTANCE)
        .filter(i -> all.luma(i) != null)
        .boxed()
        .sorted(Comparator.comparingInt(i -> PerceptualHash.distance(hash, all.hash(i))))
        .limit(k)
        .mapToInt(Integer::intValue)
        .toArray();
  }

  private void proposeNearest(
      Proposer proposer,
      float[][] rows,
      boolean mirrored,
      boolean within,
      List<Map<Integer, Proposal>> proposals) {
    // Within a set, each image is its own nearest.
    Neighbors nearest = proposer.search().nearest(rows, within ? k + 1 : k);
    for (int query = 0; query < rows.length; query++) {
      for (int rank = 0; rank < nearest.k(); rank++) {
        float score = nearest.score(query, rank);
        if (score > 0) { // a row of zeros, of an image that cannot be used, is near to none
          Proposal proposal =
              propose(proposer.pass(), query, nearest.index(query, rank), within, proposals);
          if (proposal != null) {
            proposal.orientation(mirrored);
            if (proposer.pass() == PairSource.NETWORK && !(proposal.feature > score)) {
              proposal.feature = score;
            }
          }
        }
      }
    }
  }

  private List<Pair> score(Fingerprints queries, int query, Map<Integer, Proposal> proposals) {
    byte[] luma = queries.luma(query);
    Alignment straight = luma == null ? null : Alignment.of(luma);
    Alignment mirrored = straight == null ? null : straight.mirrored();
    List<Pair> pairs = new ArrayList<>();
    for (Map.Entry<Integer, Proposal> entry : proposals.entrySet()) {
      int match = entry.getKey();
      Proposal proposal = entry.getValue();
      byte[] other = searched.prints().luma(match);
      if (proposal.pass == PairSource.BYTES) {
        pairs.add(new Pair(query, match, PairSource.BYTES, 1, false, proposal.feature));
      } else if (straight != null && mirrored != null && other != null) {
        Alignment found = Alignment.of(other);
        double asIs = proposal.straight ? straight.score(found) : -1;
        double turned = proposal.mirrored ? mirrored.score(found) : -1;
        double score = Math.max(asIs, turned);
        if (score >= FLOOR) {
          pairs.add(new Pair(query, match, proposal.pass, score, turned > asIs, proposal.feature));
        }
      }
    }
    pairs.sort(Comparator.comparingDouble(Pair::score).reversed().thenComparing(Pair::match));
    return pairs;
  }

  /** Returns the images that are searched in. */
  public SearchSet searched() {
    return searched;
  }

  /** Returns the score of two of the images that are searched in, mirrored or not. */
  double score(int a, int b) {
    byte[] first = searched.prints().luma(a);
    byte[] second = searched.prints().luma(b);
    if (first == null || second == null) {
      return 0;
    }
    Alignment one = Alignment.of(first);
    Alignment two = Alignment.of(second);
    return Math.max(one.score(two), one.mirrored().score(two));
  }
}
