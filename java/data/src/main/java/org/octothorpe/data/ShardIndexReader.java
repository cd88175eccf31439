package org.octothorpe.data;

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
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.octothorpe.io.CorruptFileException;

/** The reading of a {@link ShardIndex}, which believes nothing that it has not checked. */
final class ShardIndexReader {
  private static final long MAX_BYTES = 1 << 30;
  private static final int MIN_TAG_BYTES = 4; // of a tag, its length alone
  private static final int MIN_SAMPLE_BYTES = 40;

  private final Path shard;
  private final Path index;
  private byte[] whole = {};

  ShardIndexReader(Path shard, Path index) {
    this.shard = shard;
    this.index = index;
  }

  /** Returns the SHA-256 that the whole shard had, once the index is read. */
  byte[] whole() {
    return whole;
  }

  /**
   * Returns the samples.
   *
   * @throws CorruptFileException if the index must not be believed
   */
  List<Sample> read() throws IOException {
    long size = Files.size(index);
    if (size > MAX_BYTES || size < ShardIndex.DIGEST) {
      throw corrupt(
          String.format(
              Locale.ROOT, "it has %d bytes, but must have [32, 2^30] (truncated?)", size));
    }
    byte[] bytes = Files.readAllBytes(index);
    int end = bytes.length - ShardIndex.DIGEST;
    MessageDigest digest = ShardIndex.sha256();
    digest.update(bytes, 0, end);
    if (!Arrays.equals(digest.digest(), Arrays.copyOfRange(bytes, end, bytes.length))) {
      throw corrupt("its SHA-256 is wrong (truncated or overwritten)");
    }
    try {
      return samples(ByteBuffer.wrap(bytes, 0, end));
    } catch (BufferUnderflowException | CharacterCodingException e) {
      throw new CorruptFileException(index, "its lists or texts are malformed", e);
    }
  }

  private List<Sample> samples(ByteBuffer in) throws IOException {
    if (in.getLong() != ShardIndex.MAGIC) {
      throw corrupt("it is no index of a shard");
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
    byte[] probes = new byte[ShardIndex.DIGEST];
    in.get(probes);
    if (!Arrays.equals(probes, ShardIndex.probes(shard))) {
      throw ShardIndex.stale(index, shard, "contents differ");
    }
    whole = new byte[ShardIndex.DIGEST];
    in.get(whole);
    String[] tags = new String[count(in, MIN_TAG_BYTES)];
    for (int i = 0; i < tags.length; i++) {
      tags[i] = text(in);
    }
    int count = count(in, MIN_SAMPLE_BYTES);
    List<Sample> samples = new ArrayList<>(count);
    Map<List<String>, List<String>> shared = new HashMap<>();
    long free = 0; // the first byte after the image before
    for (int i = 0; i < count; i++) {
      Sample sample = sample(in, tags, free, size, shared);
      free = sample.offset() + sample.bytes();
      samples.add(sample);
    }
    if (in.hasRemaining()) {
      throw corrupt(String.format(Locale.ROOT, "%d bytes follow its last sample", in.remaining()));
    }
    return samples;
  }

  private Sample sample(
      ByteBuffer in, String[] tags, long free, long size, Map<List<String>, List<String>> shared)
      throws IOException {
    String name = text(in);
    if (name.isEmpty() || TarIndex.leadsOutside(name)) {
      throw corrupt(String.format(Locale.ROOT, "'%s' leads outside the shard", name));
    }
    long offset = in.getLong();
    int bytes = in.getInt();
    if (bytes < 0 || offset < free || offset > size - bytes) {
      throw corrupt(
          String.format(
              Locale.ROOT,
              "%s has %d bytes at %d, but must lie in [%d, %d)",
              name,
              bytes,
              offset,
              free,
              size));
    }
    int classId = in.getInt();
    if (classId < Sample.NO_CLASS) {
      throw corrupt(String.format(Locale.ROOT, "the class of %s is %d", name, classId));
    }
    long key = in.getLong();
    double repeat = in.getDouble();
    if (!(repeat >= 0 && repeat <= RepeatFactor.MOST)) {
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
