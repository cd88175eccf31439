package org.octothorpe.data.shards;

import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.octothorpe.data.faults.BadSamples;
import org.octothorpe.data.files.MemberName;
import org.octothorpe.data.machine.Sha256;
import org.octothorpe.data.samples.Sample;
import org.octothorpe.data.samples.SampleKey;
import org.octothorpe.data.sources.IdScopes;
import org.octothorpe.data.tags.RepeatFactor;
import org.octothorpe.data.tar.TarHeader;
import org.octothorpe.io.CorruptFileException;

/** The reader of a {@link ShardIndex}, which validates every field before use. */
final class ShardIndexReader {
  private static final long MAX_BYTES = 1 << 30;
  private static final int MIN_TAG_BYTES = 4; // of a tag, its length alone
  private static final int MIN_SAMPLE_BYTES = 41;
  private static final int MIN_NOTE_BYTES = 8;

  private final Path shard;
  private final Path index;
  private final String scope;
  private final BadSamples bad;
  private byte[] whole = {};

  /**
   * Prepares the reading of an index.
   *
   * @param scope as {@code RowFile.scope}
   * @param bad receives the notes
   */
  ShardIndexReader(Path shard, Path index, String scope, BadSamples bad) {
    this.shard = shard;
    this.index = index;
    this.scope = scope;
    this.bad = bad;
  }

  /** Returns the SHA-256 that the whole shard had, once the index is read. */
  byte[] whole() {
    return whole;
  }

  /**
   * Returns the samples.
   *
   * @param compare whether to compare all of a shard whose modification time is another
   * @throws CorruptFileException if the index is not valid
   */
  List<Sample> read(boolean compare) throws IOException {
    long size = Files.size(index);
    if (size > MAX_BYTES || size < ShardIndex.DIGEST) {
      throw corrupt(
          String.format(
              Locale.ROOT, "it has %d bytes, but must have [32, 2^30] (truncated?)", size));
    }
    byte[] bytes = Files.readAllBytes(index);
    int end = bytes.length - ShardIndex.DIGEST;
    MessageDigest digest = Sha256.digest();
    digest.update(bytes, 0, end);
    if (!Arrays.equals(digest.digest(), Arrays.copyOfRange(bytes, end, bytes.length))) {
      throw corrupt("its SHA-256 is wrong (truncated or overwritten)");
    }
    try {
      return samples(ByteBuffer.wrap(bytes, 0, end), compare);
    } catch (BufferUnderflowException | CharacterCodingException e) {
      throw new CorruptFileException(index, "its lists or texts are malformed", e);
    }
  }

  private List<Sample> samples(ByteBuffer in, boolean compare) throws IOException {
    if (in.getLong() != ShardIndex.MAGIC) {
      throw corrupt("it is not an index of a shard");
    }
    int version = in.getInt();
    if (version != ShardIndex.VERSION) {
      throw corrupt(
          String.format(
              Locale.ROOT, "its version is %d, but must be %d", version, ShardIndex.VERSION));
    }
    long size = in.getLong();
    long now = Files.size(shard);
    if (size != now) {
      throw ShardIndex.stale(
          index, shard, String.format(Locale.ROOT, "size was %d and is %d", size, now));
    }
    long changed = in.getLong();
    byte[] probes = new byte[ShardIndex.DIGEST];
    in.get(probes);
    if (!Arrays.equals(probes, ShardIndex.probes(shard))) {
      throw ShardIndex.stale(index, shard, "contents differ");
    }
    whole = new byte[ShardIndex.DIGEST];
    in.get(whole);
    boolean touched = changed != Files.getLastModifiedTime(shard).to(TimeUnit.NANOSECONDS);
    if (compare && touched && !Arrays.equals(whole, ShardIndex.whole(shard, done -> {}))) {
      throw ShardIndex.stale(index, shard, "contents differ");
    }
    String[] tags = new String[count(in, MIN_TAG_BYTES)];
    for (int i = 0; i < tags.length; i++) {
      tags[i] = text(in);
    }
    int count = count(in, MIN_SAMPLE_BYTES);
    List<Sample> samples = new ArrayList<>(count);
    Map<List<String>, List<String>> shared = new HashMap<>();
    for (int i = 0; i < count; i++) {
      samples.add(sample(in, tags, size, shared));
    }
    Map<String, Set<String>> notes = notes(in);
    if (in.hasRemaining()) {
      throw corrupt(String.format(Locale.ROOT, "%d bytes follow its last note", in.remaining()));
    }
    bad.addNotes(notes);
    return samples;
  }

  private Map<String, Set<String>> notes(ByteBuffer in) throws IOException {
    Map<String, Set<String>> notes = new LinkedHashMap<>();
    for (int i = count(in, MIN_NOTE_BYTES); i > 0; i--) {
      Set<String> places = notes.computeIfAbsent(text(in), what -> new LinkedHashSet<>());
      for (int place = count(in, Integer.BYTES); place > 0; place--) {
        places.add(shard + text(in));
      }
    }
    return notes;
  }

  private Sample sample(
      ByteBuffer in, String[] tags, long size, Map<List<String>, List<String>> shared)
      throws IOException {
    String name = text(in);
    if (name.isEmpty() || !MemberName.isText(name)) {
      throw corrupt("'%s' is not a name".formatted(MemberName.of(name)));
    }
    boolean ownId = in.get() != 0;
    long offset = in.getLong();
    int bytes = in.getInt();
    if (bytes < 0 || offset < TarHeader.BLOCK || offset > size - bytes) {
      throw corrupt(
          String.format(
              Locale.ROOT,
              "%s has %d bytes at %d, but must lie in [%d, %d)",
              name,
              bytes,
              offset,
              TarHeader.BLOCK,
              size));
    }
    int classId = in.getInt();
    if (classId < Sample.NO_CLASS) {
      throw corrupt(String.format(Locale.ROOT, "the class of %s is %d", name, classId));
    }
    long stored = in.getLong();
    long key = ownId ? stored : SampleKey.of(IdScopes.id(scope, name)).high();
    double repeat = in.getDouble();
    if (!(repeat >= 0 && repeat <= RepeatFactor.MAX)) {
      throw corrupt(String.format(Locale.ROOT, "the repeat of %s is %s", name, repeat));
    }
    String[] own = new String[count(in, Integer.BYTES)];
    for (int i = 0; i < own.length; i++) {
      int tag = in.getInt();
      if (tag < 0 || tag >= tags.length) {
        throw corrupt(String.format(Locale.ROOT, "%s has tag %d of %d", name, tag, tags.length));
      }
      own[i] = tags[tag];
    }
    List<String> list = shared.computeIfAbsent(List.of(own), same -> same);
    return new Sample(shard, name, offset, bytes, list, classId, key, repeat);
  }

  /** Returns a number of parts of at least some bytes each, which must be there. */
  private int count(ByteBuffer in, int bytesEach) throws CorruptFileException {
    int count = in.getInt();
    if (count < 0 || (long) count * bytesEach > in.remaining()) {
      throw corrupt(
          String.format(Locale.ROOT, "it claims %d parts in %d bytes", count, in.remaining()));
    }
    return count;
  }

  private String text(ByteBuffer in) throws CorruptFileException, CharacterCodingException {
    int bytes = count(in, 1);
    ByteBuffer text = in.slice(in.position(), bytes);
    in.position(in.position() + bytes);
    return StandardCharsets.UTF_8.newDecoder().decode(text).toString();
  }

  private CorruptFileException corrupt(String reason) {
    return new CorruptFileException(index, reason);
  }
}
