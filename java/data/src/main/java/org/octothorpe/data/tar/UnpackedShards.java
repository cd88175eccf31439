package org.octothorpe.data.tar;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.octothorpe.data.faults.BadSamples;
import org.octothorpe.internal.AtomicFiles;
import org.octothorpe.io.FolderLock;

/**
 * The tars in which shards are read: a compressed shard is unpacked into a temporary file, once per
 * process, and read there like any other; everything that names it names the shard itself.
 *
 * <p>The files lie in a folder of the process in {@code TMPDIR} (else Java's temporary folder),
 * which is deleted when the process ends; one that a killed process left is deleted by the next
 * that unpacks.
 */
public final class UnpackedShards {
  private static final String PREFIX = "octothorpe-unpacked-";
  private static final Duration LEFT_BEHIND = Duration.ofHours(1);
  private static final Map<Key, Content> ALL = new ConcurrentHashMap<>();
  private static final Set<Path> PLAIN = ConcurrentHashMap.newKeySet();
  private static final Object UNPACKING = new Object();
  private static @Nullable Path folder;

  /** A shard as it was when it was unpacked. */
  private record Key(Path shard, long bytes, FileTime changed) {}

  /**
   * What a shard holds.
   *
   * @param tar the shard, or what it was unpacked into
   * @param fault why nothing follows what {@code tar} holds; empty if it holds everything
   * @param lostBytes about how many are missing then; negative if the shard was cut
   * @param trailing bytes of the shard after the compressed data
   */
  public record Content(Path tar, String fault, long lostBytes, long trailing) {
    /** Returns whether something is missing. */
    public boolean isDamaged() {
      return !fault.isEmpty();
    }
  }

  private UnpackedShards() {}

  /** Returns what a shard holds, and notes that it was unpacked if it was. */
  public static Content open(Path shard, BadSamples bad) throws IOException {
    byte[] start = start(shard);
    if (TarHeader.isHeader(start)) {
      PLAIN.add(shard);
      return new Content(shard, "", 0, 0);
    }
    PLAIN.remove(shard);
    Compression compression = Compression.of(start);
    if (compression == null) {
      String archive = Compression.archive(start);
      String fault =
          archive.isEmpty() ? "" : "it is not a tar but " + archive + "; unpack it and make a tar";
      return new Content(shard, fault, archive.isEmpty() ? 0 : Files.size(shard), 0);
    }
    Content content = unpacked(shard, compression);
    bad.note(
        "shards compressed by "
            + compression
            + " were unpacked for this run, into "
            + content.tar().getParent(),
        shard.toString());
    if (content.trailing() > 0) {
      bad.note(
          "bytes after the end of a compressed shard were skipped",
          shard + ": " + content.trailing() + " bytes");
    }
    return content;
  }

  /** Returns where the bytes of a shard are read, which was opened before or not. */
  public static Path tar(Path shard) throws IOException {
    if (PLAIN.contains(shard)) {
      return shard;
    }
    return open(shard, new BadSamples(1, message -> {})).tar();
  }

  /** Returns what messages add to a place in a shard: "" if it is not compressed. */
  public static String inside(Path shard) throws IOException {
    byte[] start = start(shard);
    Compression compression = TarHeader.isHeader(start) ? null : Compression.of(start);
    return compression == null ? "" : " of what its " + compression + " data hold";
  }

  private static byte[] start(Path shard) throws IOException {
    try (FileChannel file = FileChannel.open(shard)) {
      byte[] start = new byte[TarHeader.BLOCK];
      long bytes = Math.min(start.length, file.size());
      byte[] there = new byte[(int) bytes];
      TarIndex.readFully(file, 0, there);
      System.arraycopy(there, 0, start, 0, there.length);
      return start;
    }
  }

  private static Content unpacked(Path shard, Compression compression) throws IOException {
    Key key =
        new Key(
            shard.toAbsolutePath().normalize(),
            Files.size(shard),
            Files.getLastModifiedTime(shard));
    Content content = ALL.get(key);
    if (content != null) {
      return content;
    }
    try {
      return ALL.computeIfAbsent(key, same -> unpack(shard, compression));
    } catch (UncheckedIOException e) {
      throw e.getCause() == null ? new IOException(e.getMessage(), e) : e.getCause();
    }
  }

  private static Content unpack(Path shard, Compression compression) {
    try {
      Path folder = folder();
      Path tar = Files.createTempFile(folder, "", ".tar");
      try {
        return new Unpacking(shard, compression, tar, () -> usable(folder)).run();
      } catch (IOException | RuntimeException | Error e) {
        Files.deleteIfExists(tar);
        throw e;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long usable(Path folder) {
    return folder.toFile().getUsableSpace();
  }

  private static Path folder() throws IOException {
    synchronized (UNPACKING) {
      Path mine = folder;
      if (mine == null) {
        String set = System.getenv("TMPDIR");
        Path parent =
            Path.of(set == null || set.isEmpty() ? System.getProperty("java.io.tmpdir") : set);
        deleteLeftBehind(parent);
        Path made = Files.createTempDirectory(parent.toAbsolutePath(), PREFIX);
        FolderLock lock = FolderLock.take(made);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(made, lock)));
        folder = made;
        mine = made;
      }
      return mine;
    }
  }

  private static void deleteLeftBehind(Path parent) throws IOException {
    try (DirectoryStream<Path> folders = Files.newDirectoryStream(parent, PREFIX + "*")) {
      for (Path left : folders) {
        Instant changed = Files.getLastModifiedTime(left).toInstant();
        if (Files.exists(left.resolve(FolderLock.FILE))
            || changed.isBefore(Instant.now().minus(LEFT_BEHIND))) {
          delete(left, null);
        }
      }
    } catch (IOException e) {
      // Of another user, or deleted meanwhile: nothing that this process needs.
    }
  }

  // What cannot be deleted is the next one's to delete.
  private static void delete(Path left, @Nullable FolderLock own) {
    try {
      FolderLock lock = own != null ? own : FolderLock.take(left);
      AtomicFiles.deleteTree(left);
      lock.close();
    } catch (IOException e) {
      // In use, of another user, or gone.
    }
  }
}
