package org.octothorpe.io;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The exclusive right of one process to write in a folder: an operating system's lock on the file
 * {@link #FILE} in it.
 *
 * <p>The system takes the lock back when the process ends, however it ends, so a killed process
 * leaves none behind. The file's text names the owner; it does not make the lock.
 */
public final class FolderLock implements AutoCloseable {
  /** The name of the file that is locked. */
  public static final String FILE = "lock";

  /** The longest text of an owner that is shown, in bytes. */
  private static final int OWNER_BYTES = 200;

  /**
   * The folders that this process has locked. POSIX drops a process's lock when it closes any
   * channel to the file, so a second one must not even be opened.
   */
  private static final Set<Path> LOCKED = ConcurrentHashMap.newKeySet();

  private final Path folder;
  private final FileChannel channel;

  private FolderLock(Path folder, FileChannel channel) {
    this.folder = folder;
    this.channel = channel;
  }

  /**
   * Locks a folder, which exists.
   *
   * @throws FolderInUseException if somebody else has; the message names process and host
   */
  public static FolderLock take(Path folder) throws IOException {
    Path real = folder.toRealPath();
    if (!LOCKED.add(real)) {
      throw inUse(folder, owner());
    }
    try {
      return new FolderLock(real, lock(folder));
    } catch (IOException | RuntimeException | Error e) {
      LOCKED.remove(real);
      throw e;
    }
  }

  private static FileChannel lock(Path folder) throws IOException {
    Path file = folder.resolve(FILE);
    FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    try {
      @Nullable FileLock lock = channel.tryLock();
      if (lock == null) {
        ByteBuffer text = ByteBuffer.allocate(OWNER_BYTES);
        channel.read(text, 0);
        throw inUse(folder, StandardCharsets.UTF_8.decode(text.flip()).toString().strip());
      }
      channel.truncate(0);
      channel.write(ByteBuffer.wrap((owner() + "\n").getBytes(StandardCharsets.UTF_8)), 0);
      return channel;
    } catch (IOException | RuntimeException | Error e) {
      channel.close();
      throw e;
    }
  }

  /** Gives the lock back; a second call does nothing. */
  @Override
  public void close() throws IOException {
    if (channel.isOpen()) {
      try (channel) {
        channel.truncate(0);
      } finally {
        LOCKED.remove(folder);
      }
    }
  }

  private static FolderInUseException inUse(Path folder, String owner) {
    return new FolderInUseException(
        "%s is in use by %s; one process at a time may work in a folder"
            .formatted(folder, owner.isEmpty() ? "another process" : owner));
  }

  private static String owner() throws IOException {
    return "process " + ProcessHandle.current().pid() + " on host " + host();
  }

  private static String host() throws IOException {
    Path linux = Path.of("/proc/sys/kernel/hostname"); // asks no name server
    return Files.isReadable(linux)
        ? Files.readString(linux).strip()
        : InetAddress.getLocalHost().getHostName();
  }
}
