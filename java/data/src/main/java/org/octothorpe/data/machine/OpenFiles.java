package org.octothorpe.data.machine;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.octothorpe.data.faults.UnreadableDataException;
import org.octothorpe.internal.FileLimit;

/**
 * The files that images are read from, kept open for the next image and shared by all threads. They
 * are never more than a share of what the process may have open, so that checkpoints and reports
 * find room; where that is not enough, idle ones are closed until a file can be opened.
 */
public final class OpenFiles {
  /** Those of this process. */
  public static final OpenFiles SHARED = new OpenFiles(share(FileLimit.most()));

  private static final int MAX = 1024;
  private static final int OTHERS = 128; // libraries of the Java runtime, logs, checkpoints
  private static final int ATTEMPTS = 100;
  private static final int PAUSE_MILLIS = 20;

  private final Map<Path, Entry> entries = new LinkedHashMap<>(16, 0.75f, true); // by last use
  private final Opener opener;
  private int most;
  private int readers;

  /** What opens a file for reading. */
  @FunctionalInterface
  interface Opener {
    FileChannel open(Path path) throws IOException;
  }

  /** A file that at least one thread reads, or that is kept for the next one. */
  private static final class Entry {
    private int users; // guarded by the cache
    private volatile @Nullable FileChannel channel; // opened by its first user
  }

  /**
   * Makes an empty cache.
   *
   * @param most files that are kept open; threads that read at once may need more
   */
  OpenFiles(int most) {
    this(most, FileChannel::open);
  }

  OpenFiles(int most, Opener opener) {
    this.most = most;
    this.opener = opener;
  }

  /** Returns how many files are kept open where the process may open {@code limit}. */
  static int share(long limit) {
    return (int) Math.max(1, Math.min(MAX, (limit - OTHERS) / 2));
  }

  /** Announces a reader: files stay open until the last one leaves. */
  public synchronized void enter() {
    readers++;
  }

  /** Ends what {@link #enter} began. */
  public synchronized void leave() {
    readers--;
    if (readers == 0) {
      closeIdle(0);
    }
  }

  /**
   * Fills the rest of a buffer.
   *
   * @throws EOFException if the file ends before that
   * @throws IOException if it cannot be opened or read, also when opened again
   * @throws UnreadableDataException if the process has too many files open
   */
  public void read(Path path, long offset, ByteBuffer buffer) throws IOException {
    int start = buffer.position();
    for (boolean again = false; ; again = true) {
      Entry entry = acquire(path);
      boolean good = false;
      try {
        readFully(channel(path, entry), offset, buffer);
        good = true;
        return;
      } catch (EOFException | ClosedByInterruptException e) {
        throw e;
      } catch (IOException e) {
        if (again) {
          throw e;
        }
        // A server may have forgotten the handle, or an interrupted thread have closed it.
        buffer.position(start);
      } finally {
        release(path, entry, good);
      }
    }
  }

  private static void readFully(FileChannel file, long offset, ByteBuffer buffer)
      throws IOException {
    int start = buffer.position();
    while (buffer.hasRemaining()) {
      long at = offset + buffer.position() - start;
      if (file.read(buffer, at) < 0) {
        throw new EOFException("the file ends at byte " + at);
      }
    }
  }

  private synchronized Entry acquire(Path path) {
    Entry entry = entries.computeIfAbsent(path, key -> new Entry());
    entry.users++;
    if (entries.size() > most) {
      closeIdle(most);
    }
    return entry;
  }

  private synchronized void release(Path path, Entry entry, boolean keep) {
    entry.users--;
    if (!keep) {
      entries.remove(path, entry); // others that read from it close it
    }
    boolean known = entries.get(path) == entry;
    if (entry.users == 0 && (!known || readers == 0 || entries.size() > most)) {
      entries.remove(path, entry);
      close(entry);
    }
  }

  /** Closes files that no thread reads, the least recently used first, until so many are left. */
  private synchronized boolean closeIdle(int left) {
    boolean any = false;
    Iterator<Entry> all = entries.values().iterator();
    while (entries.size() > left && all.hasNext()) {
      Entry entry = all.next();
      if (entry.users == 0) {
        all.remove();
        close(entry);
        any = true;
      }
    }
    return any;
  }

  private static void close(Entry entry) {
    FileChannel channel = entry.channel;
    if (channel != null) {
      try {
        channel.close();
      } catch (IOException e) {
        // Opened for reading: nothing can be lost.
      }
    }
  }

  private FileChannel channel(Path path, Entry entry) throws IOException {
    FileChannel channel = entry.channel;
    if (channel == null) {
      synchronized (entry) {
        channel = entry.channel;
        if (channel == null) {
          channel = open(path);
          entry.channel = channel;
        }
      }
    }
    return channel;
  }

  private FileChannel open(Path path) throws IOException {
    for (int attempt = 1; ; attempt++) {
      try {
        return opener.open(path);
      } catch (IOException e) {
        if (!FileLimit.reached(e)) {
          throw e;
        }
        if (attempt == ATTEMPTS) {
          throw new UnreadableDataException(path + " cannot be opened: " + FileLimit.advice(), e);
        }
        makeRoom();
      }
    }
  }

  private void makeRoom() throws IOException {
    synchronized (this) {
      most = Math.max(1, Math.min(most, entries.size()) / 2);
      if (closeIdle(most)) {
        return;
      }
    }
    try {
      Thread.sleep(PAUSE_MILLIS); // others are about to give theirs back
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ClosedByInterruptException();
    }
  }

  /** Returns how many files are open, for tests. */
  synchronized long open() {
    return entries.values().stream().filter(entry -> entry.channel != null).count();
  }
}
