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
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
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

  private static final Pattern OWNER = Pattern.compile("process ([0-9]{1,18}) on host (.*)");

  private final Path folder;
  private final FileChannel channel;
  private final @Nullable String fault;

  private FolderLock(Path folder, FileChannel channel, @Nullable String fault) {
    this.folder = folder;
    this.channel = channel;
    this.fault = fault;
  }

  /**
   * Locks a folder, which exists. On a file system that has no locks, a living process of this host
   * that the file names is respected, and {@link #fault} says the rest.
   *
   * @throws FolderInUseException if somebody else has; the message names process and host
   */
  public static FolderLock take(Path folder) throws IOException {
    Path real = folder.toRealPath();
    if (!LOCKED.add(real)) {
      throw inUse(folder, owner());
    }
    try {
      return lock(folder, real);
    } catch (IOException | RuntimeException | Error e) {
      LOCKED.remove(real);
      throw e;
    }
  }

  private static FolderLock lock(Path folder, Path real) throws IOException {
    Path file = folder.resolve(FILE);
    FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    try {
      @Nullable String fault = null;
      try {
        @Nullable FileLock lock = channel.tryLock();
        if (lock == null) {
          throw inUse(folder, text(channel));
        }
      } catch (FolderInUseException e) {
        throw e;
      } catch (IOException e) {
        fault = "no lock: " + e.getMessage();
        requireNoLivingOwner(folder, text(channel));
      }
      channel.truncate(0);
      channel.write(ByteBuffer.wrap((owner() + "\n").getBytes(StandardCharsets.UTF_8)), 0);
      return new FolderLock(real, channel, fault);
    } catch (IOException | RuntimeException | Error e) {
      channel.close();
      throw e;
    }
  }

  private static String text(FileChannel channel) throws IOException {
    ByteBuffer text = ByteBuffer.allocate(OWNER_BYTES);
    channel.read(text, 0);
    return StandardCharsets.UTF_8.decode(text.flip()).toString().strip();
  }

  /** Where there are no locks, the name of the owner is all there is. */
  private static void requireNoLivingOwner(Path folder, String owner) throws IOException {
    Matcher matcher = OWNER.matcher(owner);
    if (matcher.matches() && matcher.group(2).equals(host())) {
      long process = Long.parseLong(matcher.group(1));
      if (process != ProcessHandle.current().pid() && ProcessHandle.of(process).isPresent()) {
        throw new FolderInUseException(
            inUse(folder, owner).getMessage()
                + "; if that process is another program, delete "
                + folder.resolve(FILE));
      }
    }
  }

  /** Returns why the system gave no lock, if it gave none, and what follows for the user. */
  public Optional<String> fault() {
    return Optional.ofNullable(fault)
        .map(
            reason ->
                "the file system of "
                    + folder
                    + " gives "
                    + reason
                    + "; nothing keeps a second process on another host out, so start none in it");
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
        folder
            + " is in use by "
            + (owner.isEmpty() ? "another process" : owner)
            + "; one process at a time may work in a folder");
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
