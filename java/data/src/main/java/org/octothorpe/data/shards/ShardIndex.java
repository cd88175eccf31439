package org.octothorpe.data.shards;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.octothorpe.data.faults.BadSamples;
import org.octothorpe.data.machine.Sha256;
import org.octothorpe.data.samples.Sample;
import org.octothorpe.data.samples.SampleKey;
import org.octothorpe.data.sources.IdScopes;
import org.octothorpe.data.sources.Sources;
import org.octothorpe.data.tar.TarIndex;
import org.octothorpe.data.tar.UnpackedShards;
import org.octothorpe.internal.AtomicFiles;
import org.octothorpe.io.CorruptFileException;

/**
 * A file {@code NAME.tar.index} beside a shard with all that {@code Samples} keeps of it, so that
 * opening a data set reads one file per shard, and not every header and label.
 *
 * <p>Only a shard without anything bad has one: what is bad must be named whenever the shard is
 * opened, by the tar itself; what was noted is in the index, and noted again. An index is used if
 * its own SHA-256 is right, every value keeps its rule, and the shard has the size and the probes
 * of when it was written: its first and last 64 KiB and {@value #PROBES} places between. If the
 * shard has another modification time than then, all of it is compared, as by {@link #check}.
 *
 * <p>Its numbers are big-endian: magic, version, the shard's size and modification time in
 * nanoseconds, SHA-256 of its probes, SHA-256 of all of it; the different tags; the samples; the
 * notes; SHA-256 of everything before. What decides samples from a shard (as the folding of tags)
 * is part of the version.
 */
public final class ShardIndex {
  static final long MAGIC = 0x4f43_5449_4e44_4558L; // "OCTINDEX"
  static final int VERSION = 3;
  static final int DIGEST = 32; // bytes

  private static final int PROBES = 16;
  private static final int END_BYTES = 1 << 16;
  private static final int PROBE_BYTES = 1 << 12;

  private ShardIndex() {}

  /**
   * What became of a shard.
   *
   * @param samples that it holds
   * @param bad what cannot be used; if there is any, no index was written
   */
  public record Written(long samples, long bad) {}

  /** Returns the place of a shard's index. */
  public static Path of(Path shard) {
    return shard.resolveSibling(shard.getFileName() + Sources.INDEX_SUFFIX);
  }

  /**
   * Returns the shards of sources, as {@code Samples.open} finds them.
   *
   * @throws IllegalArgumentException if a source does not exist, or holds images that are in no
   *     shard
   */
  public static List<Path> shards(List<String> sources) throws IOException {
    List<Path> shards = new ArrayList<>();
    for (String source : sources) {
      for (Path file : Sources.of(source, new BadSamples(1, message -> {}))) {
        if (!file.toString().toLowerCase(Locale.ROOT).endsWith(".tar")) {
          throw new IllegalArgumentException(
              file + " is not a plain shard; only a .tar has an index beside it");
        }
        shards.add(file);
      }
    }
    return shards;
  }

  /**
   * Reads a shard and writes its index; of a shard with anything bad, deletes it.
   *
   * @param bad counts and names what cannot be used
   * @param progress receives the number of bytes read, now and then
   */
  public static Written write(Path shard, BadSamples bad, LongConsumer progress)
      throws IOException {
    if (!UnpackedShards.tar(shard).equals(shard)) {
      throw new IllegalArgumentException(
          shard + " is compressed, and is unpacked whenever it is opened; unpack it to index it");
    }
    BadSamples own = new BadSamples(1, message -> {});
    List<Sample> samples = new ArrayList<>();
    FileTime changed = Files.getLastModifiedTime(shard);
    TarShard.index(shard, IdScopes.ofShard(shard), samples::add, own);
    own.forEach(bad::add);
    own.brokenShards().forEach(bad::addBroken);
    bad.addNotes(own.notedPlaces());
    if (own.count() > 0) {
      Files.deleteIfExists(of(shard));
    } else {
      byte[] index = bytes(shard, changed, samples, own, progress);
      AtomicFiles.write(of(shard), out -> out.write(index));
    }
    return new Written(samples.size(), own.count());
  }

  /**
   * Checks an index against the whole of its shard.
   *
   * @param progress receives the number of bytes read, now and then
   * @return the number of samples
   * @throws CorruptFileException if there is no index, or it is not valid
   */
  public static long check(Path shard, LongConsumer progress) throws IOException {
    Path index = of(shard);
    if (!Files.exists(index)) {
      throw new CorruptFileException(index, "it does not exist");
    }
    ShardIndexReader reader =
        new ShardIndexReader(shard, index, IdScopes.ofShard(shard), new BadSamples());
    List<Sample> samples = reader.read(false);
    if (!Arrays.equals(reader.whole(), whole(shard, progress))) {
      throw stale(index, shard, "contents differ");
    }
    return samples.size();
  }

  /**
   * Returns the samples of a shard by its index; null if there is none. One that must not be used
   * is reported, and ignored.
   *
   * @param scope as {@code RowFile.scope}
   */
  public static @Nullable List<Sample> read(Path shard, String scope, BadSamples bad)
      throws IOException {
    Path index = of(shard);
    if (!Files.exists(index)) {
      return null;
    }
    try {
      return new ShardIndexReader(shard, index, scope, bad).read(true);
    } catch (CorruptFileException e) {
      bad.report(e.getMessage() + "; the shard is read instead ('octothorpe index' renews it)");
      return null;
    }
  }

  static CorruptFileException stale(Path index, Path shard, String difference) {
    return new CorruptFileException(
        index, shard.getFileName() + " has changed since it was indexed: its " + difference);
  }

  private static byte[] bytes(
      Path shard, FileTime changed, List<Sample> samples, BadSamples noted, LongConsumer progress)
      throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeLong(MAGIC);
    out.writeInt(VERSION);
    out.writeLong(Files.size(shard));
    out.writeLong(changed.to(TimeUnit.NANOSECONDS));
    out.write(probes(shard));
    out.write(whole(shard, progress));
    Map<String, Integer> tags = new LinkedHashMap<>();
    for (Sample sample : samples) {
      sample.tags().forEach(tag -> tags.putIfAbsent(tag, tags.size()));
    }
    out.writeInt(tags.size());
    for (String tag : tags.keySet()) {
      writeText(out, tag);
    }
    out.writeInt(samples.size());
    String scope = IdScopes.ofShard(shard);
    for (Sample sample : samples) {
      writeText(out, sample.name());
      // An id of its own, or the one that it has by its place?
      boolean own = sample.key() != SampleKey.of(IdScopes.id(scope, sample.name())).high();
      out.writeBoolean(own);
      out.writeLong(sample.offset());
      out.writeInt(sample.bytes());
      out.writeInt(sample.classId());
      out.writeLong(sample.key());
      out.writeDouble(sample.repeat());
      out.writeInt(sample.tags().size());
      for (String tag : sample.tags()) {
        out.writeInt(tags.getOrDefault(tag, 0));
      }
    }
    writeNotes(out, shard, noted.notedPlaces());
    bytes.write(Sha256.digest().digest(bytes.toByteArray()));
    return bytes.toByteArray();
  }

  // Places without the shard, which may be moved.
  private static void writeNotes(
      DataOutputStream out, Path shard, Map<String, ? extends Collection<String>> notes)
      throws IOException {
    out.writeInt(notes.size());
    for (Map.Entry<String, ? extends Collection<String>> note : notes.entrySet()) {
      writeText(out, note.getKey());
      out.writeInt(note.getValue().size());
      for (String place : note.getValue()) {
        String path = shard.toString();
        writeText(out, place.startsWith(path) ? place.substring(path.length()) : place);
      }
    }
  }

  private static void writeText(DataOutputStream out, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  /** Returns the SHA-256 of parts of a shard: another shard of its size hardly has the same. */
  static byte[] probes(Path shard) throws IOException {
    MessageDigest digest = Sha256.digest();
    try (FileChannel file = FileChannel.open(shard)) {
      long size = file.size();
      digest(file, 0, END_BYTES, digest);
      for (int i = 1; i <= PROBES; i++) {
        digest(file, size / (PROBES + 1) * i, PROBE_BYTES, digest);
      }
      digest(file, Math.max(0, size - END_BYTES), END_BYTES, digest);
    }
    return digest.digest();
  }

  private static void digest(FileChannel file, long from, int bytes, MessageDigest digest)
      throws IOException {
    byte[] part = new byte[(int) Math.min(bytes, file.size() - from)];
    TarIndex.readFully(file, from, part);
    digest.update(part);
  }

  static byte[] whole(Path shard, LongConsumer progress) throws IOException {
    MessageDigest digest = Sha256.digest();
    try (FileChannel file = FileChannel.open(shard)) {
      for (long done = 0; done < file.size(); done += 1 << 20) {
        digest(file, done, 1 << 20, digest);
        progress.accept(Math.min(file.size(), done + (1 << 20)));
      }
    }
    return digest.digest();
  }
}
