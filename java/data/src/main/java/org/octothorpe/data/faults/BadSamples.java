package org.octothorpe.data.faults;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * The images of a data set that cannot be used: named, counted, and too many beyond a share of the
 * data set.
 *
 * <p>Of a data set of n images, {@code max(1, floor(maxFraction n))} may be bad, or none if the
 * fraction is 0. The share is of the data set, not of the images seen so far, so that one bad image
 * among the first ten does not end a run over a million. What is counted are distinct images, and
 * broken members of a shard. Safe from any thread.
 */
public final class BadSamples {
  /** The default share, 0.1 %. */
  public static final double DEFAULT_MAX_FRACTION = 0.001;

  private static final int NAMED = 5;

  /**
   * A shard of which only the beginning could be read: it is cut short, or overwritten.
   *
   * @param shard its file
   * @param samples how many samples were read before that
   * @param lost about how many it held beyond them: see {@link #of}
   */
  public record BrokenShard(String shard, long samples, long lost) implements Serializable {
    private static final long SAMPLE = 10 << 10; // bytes of a small one, where none was read

    /**
     * Estimates what was lost: what the rest of the bytes would hold, or as many as were read if
     * the file was cut and does not say.
     *
     * @param read bytes of the samples that were read
     * @param rest bytes after them; negative if the file was cut
     */
    public static BrokenShard of(String shard, long samples, long read, long rest) {
      long each = samples > 0 ? Math.max(1, read / samples) : SAMPLE;
      return new BrokenShard(shard, samples, Math.max(1, rest < 0 ? samples : rest / each));
    }
  }

  /**
   * Something that a user must know of although it costs no image: tags that were dropped, files
   * that were skipped, a picture with a harmless blemish.
   *
   * @param what was done to which kind of thing, in the plural, such as "files that are neither
   *     image nor label were skipped"
   * @param places how many places it was seen at; counted up to {@link #MAX_PLACES}
   * @param first the first of these places
   */
  public record Note(String what, long places, String first) implements Serializable {
    /** Returns all of it on one line. */
    @Override
    public String toString() {
      String atLeast = places < MAX_PLACES ? "" : "at least ";
      return String.format(Locale.ROOT, "%s: %s%,d, the first %s", what, atLeast, places, first);
    }
  }

  /** The number of different places of a {@link Note} beyond which they are not counted. */
  public static final int MAX_PLACES = 1 << 16;

  private final double maxFraction;
  private final Consumer<String> listener;
  private final List<String> first = new ArrayList<>();
  private final Map<String, String> reasons = new LinkedHashMap<>(); // by place
  private final Map<String, BrokenShard> broken = new LinkedHashMap<>(); // by file
  private final Map<String, Set<String>> notes = new LinkedHashMap<>(); // places by what they say

  /** Counts against {@link #DEFAULT_MAX_FRACTION}, silently. */
  public BadSamples() {
    this(DEFAULT_MAX_FRACTION, message -> {});
  }

  /**
   * Counts against a limit.
   *
   * @param maxFraction share of the data set that may be bad, in [0, 1]
   * @param listener receives "where: reason" of each, from any thread
   */
  public BadSamples(double maxFraction, Consumer<String> listener) {
    if (!(maxFraction >= 0 && maxFraction <= 1)) {
      throw new IllegalArgumentException("max-bad is " + maxFraction + ", but must be in [0, 1]");
    }
    this.maxFraction = maxFraction;
    this.listener = listener;
  }

  /** Returns how many were bad so far. */
  public synchronized long count() {
    return reasons.size();
  }

  /** Returns "where: reason" of the first few. */
  public synchronized List<String> first() {
    return List.copyOf(first);
  }

  /** Passes on place and reason of each, in the order in which they were counted. */
  public synchronized void forEach(BiConsumer<String, String> consumer) {
    reasons.forEach(consumer);
  }

  /** Returns the shards of which only the beginning could be read. */
  public synchronized List<BrokenShard> brokenShards() {
    return List.copyOf(broken.values());
  }

  /**
   * Notes a shard of which only the beginning could be read; what broke it is counted separately.
   */
  public synchronized void addBroken(BrokenShard shard) {
    broken.merge(shard.shard(), shard, (a, b) -> a.samples() >= b.samples() ? a : b);
  }

  /**
   * Counts one, if it is new.
   *
   * @param where the file, and the member of it
   * @param reason what is wrong with it
   * @return false if this place was counted before
   */
  public boolean add(String where, String reason) {
    String message = where + ": " + reason;
    synchronized (this) {
      if (reasons.putIfAbsent(where, reason) != null) {
        return false;
      }
      if (first.size() < NAMED) {
        first.add(message);
      }
    }
    listener.accept(message);
    return true;
  }

  /**
   * Notes what costs no image; the same place counts once.
   *
   * @param what as {@link Note#what}
   * @param where the file, and the member of it
   */
  public synchronized void note(String what, String where) {
    Set<String> places = notes.computeIfAbsent(what, key -> new LinkedHashSet<>());
    if (places.size() < MAX_PLACES) {
      places.add(where);
    }
  }

  /** Returns what was noted, each kind with the number of its places. */
  public synchronized List<Note> notes() {
    return notes.entrySet().stream()
        .map(
            note ->
                new Note(note.getKey(), note.getValue().size(), note.getValue().iterator().next()))
        .toList();
  }

  /** Adds everything that was noted elsewhere to the notes; bad samples stay separate. */
  public void addNotes(Map<String, Set<String>> others) {
    others.forEach((what, places) -> places.forEach(where -> note(what, where)));
  }

  /** Returns the places of every note, by what it says. */
  public synchronized Map<String, Set<String>> notedPlaces() {
    Map<String, Set<String>> copy = new LinkedHashMap<>();
    notes.forEach((what, places) -> copy.put(what, new LinkedHashSet<>(places)));
    return copy;
  }

  /** Passes a message on that is about no image, and counts nothing. */
  public void report(String message) {
    listener.accept(message);
  }

  /**
   * Checks that they are few enough for a data set of {@code total} images, good and bad. What
   * {@linkplain #brokenShards broken shards} lost is bad as well, beyond that total; of each, one
   * is counted as what broke it.
   *
   * @throws BadSamplesException if not
   */
  public synchronized void check(long total) {
    long lost = broken.values().stream().mapToLong(BrokenShard::lost).sum();
    long more = lost - broken.size();
    long all = total + more;
    long allowed = maxFraction == 0 ? 0 : Math.max(1, (long) (maxFraction * (double) all));
    long count = reasons.size() + more;
    if (count > allowed) {
      StringBuilder message = new StringBuilder();
      message.append(count).append(count == 1 ? " image of " : " images of ").append(all);
      message.append(count == 1 ? " is" : " are").append(" bad");
      if (lost > 0) {
        message.append(" (about ").append(lost).append(" of them in the lost part of ");
        message.append(broken.size()).append(broken.size() == 1 ? " shard)" : " shards)");
      }
      message.append(", but at most ").append(allowed);
      message.append(" may be (max-bad ").append(maxFraction).append("):");
      for (String bad : first) {
        message.append("\n  ").append(bad);
      }
      if (reasons.size() > first.size()) {
        message.append("\n  and ").append(reasons.size() - first.size()).append(" more");
      }
      throw new BadSamplesException(message.toString(), (double) count / all);
    }
  }
}
