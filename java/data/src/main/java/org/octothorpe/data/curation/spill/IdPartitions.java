package org.octothorpe.data.curation.spill;

import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardOpenOption.CREATE;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.octothorpe.data.samples.SampleKey;

/**
 * The search for ids that occur twice among any number of rows: their keys go to files on disk by
 * their first byte, and each file alone is sorted in memory. Safe from any thread.
 */
public final class IdPartitions {
  private static final int PARTITIONS = 256;
  private static final int ROW_BYTES = 28; // key, file, position
  private static final int BUFFERED_ROWS = 292; // of each partition, 8 KB

  private record Entry(long high, long low, int file, long position) {}

  private static final Comparator<Entry> ORDER =
      Comparator.comparingLong(Entry::high)
          .thenComparingLong(Entry::low)
          .thenComparingInt(Entry::file)
          .thenComparingLong(Entry::position);

  /**
   * Receives each row whose id an earlier one has; the first row of an id is the first in order.
   */
  @FunctionalInterface
  public interface Listener {
    /**
     * Receives a row whose id an earlier row has.
     *
     * @param file the number of its file in the input
     * @param position its place in the file
     * @param firstFile the file of the first row with the id
     * @param firstPosition the place of that row
     */
    void duplicate(int file, long position, int firstFile, long firstPosition) throws IOException;
  }

  private final Path folder;
  private final List<ByteBuffer> partitions = new ArrayList<>();

  /** Starts without ids; {@code folder} receives the files. */
  public IdPartitions(Path folder) {
    this.folder = folder;
    for (int i = 0; i < PARTITIONS; i++) {
      partitions.add(ByteBuffer.allocate(BUFFERED_ROWS * ROW_BYTES));
    }
  }

  private Path file(int partition) {
    return folder.resolve("ids-" + partition);
  }

  /** Adds the id of the row at a position of an input file. */
  public void add(SampleKey key, int file, long position) throws IOException {
    int partition = (int) (key.high() >>> 56);
    ByteBuffer rows = partitions.get(partition);
    synchronized (rows) {
      if (!rows.hasRemaining()) {
        flush(partition, rows);
      }
      rows.putLong(key.high()).putLong(key.low()).putInt(file).putLong(position);
    }
  }

  // Open only meanwhile: a process may not have as many files open as there are partitions.
  private void flush(int partition, ByteBuffer rows) throws IOException {
    Path file = file(partition);
    try (FileChannel out = FileChannel.open(file, CREATE, APPEND)) {
      for (rows.flip(); rows.hasRemaining(); ) {
        out.write(rows);
      }
    } catch (IOException e) {
      throw new IOException("cannot write " + file + ": " + e.getMessage(), e);
    }
    rows.clear();
  }

  /** Finds the duplicates, once all rows are added. */
  public void find(Listener listener) throws IOException {
    for (int i = 0; i < PARTITIONS; i++) {
      flush(i, partitions.get(i));
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
}
