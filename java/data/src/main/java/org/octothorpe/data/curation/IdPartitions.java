package org.octothorpe.data.curation;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.octothorpe.data.ImageKey;

/**
 * The search for ids that occur twice among any number of rows: their keys go to files on disk by
 * their first byte, and each file alone is sorted in memory. Safe from any thread.
 */
final class IdPartitions implements AutoCloseable {
  private static final int PARTITIONS = 256;
  private static final int ROW_BYTES = 28; // key, file, position
  private static final int BUFFER = 1 << 13;

  private record Entry(long high, long low, int file, long position) {}

  private static final Comparator<Entry> ORDER =
      Comparator.comparingLong(Entry::high)
          .thenComparingLong(Entry::low)
          .thenComparingInt(Entry::file)
          .thenComparingLong(Entry::position);

  /** Told of each row whose id an earlier one has; the first row of an id is the first in order. */
  @FunctionalInterface
  interface Listener {
    void duplicate(int file, long position, int firstFile, long firstPosition) throws IOException;
  }

  private final Path folder;
  private final List<DataOutputStream> partitions = new ArrayList<>();

  IdPartitions(Path folder) throws IOException {
    this.folder = folder;
    for (int i = 0; i < PARTITIONS; i++) {
      partitions.add(
          new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(file(i)), BUFFER)));
    }
  }

  private Path file(int partition) {
    return folder.resolve("ids-" + partition);
  }

  void add(ImageKey key, int file, long position) throws IOException {
    int partition = (int) (key.high() >>> 56);
    DataOutputStream out = partitions.get(partition);
    synchronized (out) {
      try {
        out.writeLong(key.high());
        out.writeLong(key.low());
        out.writeInt(file);
        out.writeLong(position);
      } catch (IOException e) {
        throw new IOException("cannot write " + file(partition) + ": " + e.getMessage(), e);
      }
    }
  }

  /** Finds the duplicates, once all rows are added. */
  void find(Listener listener) throws IOException {
    close();
    for (int i = 0; i < PARTITIONS; i++) {
      List<Entry> entries = read(file(i));
      entries.sort(ORDER);
      Entry first = null;
      for (Entry entry : entries) {
        if (first != null && first.high == entry.high && first.low == entry.low) {
          listener.duplicate(entry.file, entry.position, first.file, first.position);
        } else {
          first = entry;
        }
      }
      Files.delete(file(i));
    }
  }

  private static List<Entry> read(Path file) throws IOException {
    int count = Math.toIntExact(Files.size(file) / ROW_BYTES);
    List<Entry> entries = new ArrayList<>(count);
    try (DataInputStream in =
        new DataInputStream(new BufferedInputStream(Files.newInputStream(file), 1 << 16))) {
      for (int i = 0; i < count; i++) {
        entries.add(new Entry(in.readLong(), in.readLong(), in.readInt(), in.readLong()));
      }
    }
    return entries;
  }

  @Override
  public void close() throws IOException {
    for (DataOutputStream out : partitions) {
      out.close();
    }
  }
}
