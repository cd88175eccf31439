package org.octothorpe.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.octothorpe.QuietProgram;
import org.octothorpe.io.ChildProcess;

/** Where native libraries are unpacked, and what is said if they cannot be loaded from there. */
@Timeout(60)
public final class NativeCacheTest {
  private static final List<String> MOUNTS =
      List.of(
          "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw",
          "30 22 0:26 / /tmp rw,nosuid,noexec shared:9 - tmpfs tmpfs rw",
          "31 30 8:2 / /tmp/run rw,relatime - ext4 /dev/sda2 rw",
          "32 22 8:3 / /mnt/my\\040disk rw,noexec,nodev - ext4 /dev/sda3 rw",
          "33 22 8:4 / /covered rw,noexec - ext4 /dev/sda4 rw",
          "34 33 8:5 / /covered rw - ext4 /dev/sda5 rw");

  @TempDir Path folder;
  private final List<Path> mounted = new ArrayList<>();

  @AfterEach
  void unmount() throws Exception {
    for (Path path : mounted) {
      assertThat(new ProcessBuilder("umount", "-l", path.toString()).start().waitFor()).isZero();
    }
  }

  private Path mount(String name, String options) throws Exception {
    Path at = Files.createDirectory(folder.resolve(name));
    int exit =
        new ProcessBuilder("mount", "-t", "tmpfs", "-o", options, "none", at.toString())
            .redirectErrorStream(true)
            .start()
            .waitFor();
    assumeTrue(exit == 0, "needs the right to mount a tmpfs");
    mounted.add(at);
    return at;
  }

  /** Loads the libraries in a process of its own; returns what it prints. */
  private static String load(String... options) throws IOException {
    List<String> command = ChildProcess.command(QuietProgram.class);
    command.addAll(1, List.of(options));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    return QuietProgram.ours(
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
  }

  @Test
  void theMountThatAFolderIsUnderDecides() {
    assertThat(NativeCache.noexec(Path.of("/home/me/.javacpp"), MOUNTS)).isEmpty();
    assertThat(NativeCache.noexec(Path.of("/tmp/x"), MOUNTS)).hasValue("/tmp");
    assertThat(NativeCache.noexec(Path.of("/tmpx"), MOUNTS)).isEmpty();
    assertThat(NativeCache.noexec(Path.of("/tmp/run", "x"), MOUNTS)).isEmpty();
    assertThat(NativeCache.noexec(Path.of("/mnt/my disk/x"), MOUNTS)).hasValue("/mnt/my disk");
    assertThat(NativeCache.noexec(Path.of("/covered/x"), MOUNTS)).isEmpty();
    assertThat(NativeCache.noexec(Path.of("/x"), List.of("", "nonsense"))).isEmpty();
  }

  @Test
  void aFolderMountedNoexecIsNamedWithWhatToType() throws Exception {
    Path noexec = mount("noexec", "noexec,size=300m");
    assertThat(load("-Dorg.bytedeco.javacpp.cachedir=" + noexec))
        .contains("the native libraries cannot be loaded on linux-x86_64: ")
        .contains(noexec + ", into which they are unpacked, is on a file system mounted noexec (")
        .contains("by the property -Dorg.bytedeco.javacpp.cachedir=FOLDER")
        .contains("OCTOTHORPE_JAVA_OPTS")
        .doesNotContain("UnsatisfiedLinkError", "classifier");
  }

  @Test
  void withoutThePropertyAFolderThatWorksIsTaken() throws Exception {
    Path home = mount("home", "noexec,size=300m");
    Path temporary = Files.createDirectory(folder.resolve("temporary"));
    assertThat(load("-Duser.home=" + home, "-Djava.io.tmpdir=" + temporary)).isEqualTo("done\n");
    assertThat(temporary).isDirectoryContaining("glob:**/.javacpp-*");
    assertThat(load("-Duser.home=?", "-Djava.io.tmpdir=" + temporary)).isEqualTo("done\n");
    assertThat(Path.of("?")).doesNotExist();
  }

  @Test
  void aFullDiskIsNamed() throws Exception {
    Path full = mount("full", "size=1m");
    assertThat(load("-Dorg.bytedeco.javacpp.cachedir=" + full))
        .contains("the disk of " + full + ", into which they are unpacked, has only 0 MiB free");
  }
}
