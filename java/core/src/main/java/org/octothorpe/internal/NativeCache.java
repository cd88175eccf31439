package org.octothorpe.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bytedeco.javacpp.Loader;

/**
 * The folder that native libraries are unpacked into before they are loaded: the one that a
 * property names, else one of the user's home, else one of the temporary files.
 */
public final class NativeCache {
  static final String PROPERTY = "org.bytedeco.javacpp.cachedir";

  private static final Path MOUNTS = Path.of("/proc/self/mountinfo");

  /** All libraries together take less. */
  private static final long ENOUGH_MEBIBYTES = 256;

  private NativeCache() {}

  /**
   * Takes the first of the usual folders that libraries can be loaded from, unless a property names
   * one: JavaCPP itself would take the first that can be written to.
   */
  static void choose() {
    if (System.getProperty(PROPERTY) == null) {
      for (Path folder : usual()) {
        if (canBeWritten(folder) && noexec(folder).isEmpty()) {
          System.setProperty(PROPERTY, folder.toString());
          return;
        }
      }
    }
  }

  private static List<Path> usual() {
    List<Path> folders = new ArrayList<>();
    String home = System.getProperty("user.home", "");
    if (home.startsWith("/")) { // a user without an entry in passwd has the home "?"
      folders.add(Path.of(home, ".javacpp", "cache"));
    }
    String user = System.getProperty("user.name", "");
    String name = ".javacpp-" + (user.equals("?") ? "" : user);
    folders.add(Path.of(System.getProperty("java.io.tmpdir", "/tmp"), name, "cache"));
    return folders;
  }

  private static boolean canBeWritten(Path folder) {
    try {
      return Files.isWritable(Files.createDirectories(folder));
    } catch (IOException e) {
      return false;
    }
  }

  /** Returns what is wrong with the folder in use, and what a user can do; empty if nothing is. */
  static Optional<String> fault() {
    Path folder;
    try {
      folder = Loader.getCacheDir().toPath();
    } catch (IOException e) {
      return Optional.of("no folder can be written into which to unpack them; " + remedy());
    }
    Optional<String> mount = noexec(folder);
    if (mount.isPresent()) {
      return Optional.of(
          folder
              + ", into which they are unpacked, is on a file system mounted noexec ("
              + mount.get()
              + "), from which none can be loaded; "
              + remedy());
    }
    long free = folder.toFile().getUsableSpace() >> 20;
    return free >= ENOUGH_MEBIBYTES
        ? Optional.empty()
        : Optional.of(
            "the disk of "
                + folder
                + ", into which they are unpacked, has only "
                + free
                + " MiB free; make room, or "
                + remedy());
  }

  private static String remedy() {
    return "name another folder by the property -D"
        + PROPERTY
        + "=FOLDER (the command takes it from the variable OCTOTHORPE_JAVA_OPTS)";
  }

  private static Optional<String> noexec(Path folder) {
    try {
      return noexec(folder.toRealPath(), Files.readAllLines(MOUNTS));
    } catch (IOException e) {
      return Optional.empty(); // not known: loading will tell
    }
  }

  /**
   * Returns the mount point that a folder is under, if it is mounted noexec.
   *
   * @param mounts lines of Linux's {@code mountinfo}: two numbers, a device, a root, the mount
   *     point, its options, and more
   */
  static Optional<String> noexec(Path folder, List<String> mounts) {
    Path nearest = Path.of("/");
    String options = "";
    for (String line : mounts) {
      String[] fields = line.split(" ", -1);
      if (fields.length > 5) {
        Path point = Path.of(unescape(fields[4]));
        if (folder.startsWith(point) && point.startsWith(nearest)) { // a later one covers
          nearest = point;
          options = fields[5];
        }
      }
    }
    return List.of(options.split(",", -1)).contains("noexec")
        ? Optional.of(nearest.toString())
        : Optional.empty();
  }

  /** Spaces and the like are written as three octal digits. */
  private static String unescape(String text) {
    return text.replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\");
  }
}
