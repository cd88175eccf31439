package org.octothorpe.cli.common;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Memory limits of control groups, as the doctor and the launcher's shell see them. */
final class ControlGroupsTest {
  private static final long MIB = 1 << 20;

  /** From the folder of this module, where its tests run. */
  private static final Path LAUNCHER = Path.of("..", "..", "launcher", "memory.sh");

  @TempDir Path folder;

  private void write(String file, String text) throws IOException {
    Path path = folder.resolve(file);
    Files.createDirectories(path.resolveSibling(""));
    Files.writeString(path, text + "\n");
  }

  /** A machine of 64 GiB whose process is in a group; the tree is mounted where it is for tests. */
  private void machine(String groups, String mounts) throws IOException {
    write("proc/meminfo", "MemTotal:       67108864 kB\nMemFree:        1000 kB");
    write("proc/self/cgroup", groups);
    write("proc/self/mountinfo", mounts.replace("TREE", folder.resolve("tree").toString()));
  }

  private ControlGroups read() {
    return ControlGroups.read(folder.resolve("proc"));
  }

  /** Calls a function of the launcher. */
  private long launcher(String function) throws Exception {
    Process shell =
        new ProcessBuilder(
                "bash",
                "-c",
                "set -euo pipefail; source \"$1\"; " + function + " \"$2\"",
                "bash",
                LAUNCHER.toString(),
                folder.resolve("proc").toString())
            .redirectErrorStream(true)
            .start();
    String output = new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(shell.waitFor()).as(output).isZero();
    return Long.parseLong(output.strip());
  }

  private void assertLimit(long mebibytes) throws Exception {
    assertThat(read().limit()).isEqualTo(mebibytes * MIB);
    assertThat(launcher("memory_kilobytes")).isEqualTo(mebibytes * 1024);
  }

  @Test
  void aMachineWithoutGroupsHasNoLimit() throws Exception {
    machine("", "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw");
    assertThat(read()).isEqualTo(new ControlGroups(Long.MAX_VALUE, Long.MAX_VALUE));
    assertThat(launcher("memory_kilobytes")).isEqualTo(67108864);
  }

  @Test
  void version2TheNarrowestGroupAroundTheProcessCounts() throws Exception {
    machine(
        "0::/system.slice/slurmstepd.scope/job_7/step_0/task_0",
        "30 22 0:26 / TREE rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate");
    String job = "tree/system.slice/slurmstepd.scope/job_7/";
    write(job + "step_0/task_0/memory.max", "max");
    write(job + "step_0/memory.max", "" + 4000 * MIB);
    write(job + "step_0/memory.current", "" + 300 * MIB);
    write(job + "step_0/memory.stat", "anon 5\ninactive_file " + 100 * MIB);
    write(job + "memory.max", "" + 3000 * MIB);
    write(job + "memory.current", "" + 2900 * MIB);
    assertLimit(3000);
    assertThat(read().available()).isEqualTo(100 * MIB);
    Files.delete(folder.resolve(job + "memory.max"));
    assertLimit(4000);
    assertThat(read().available()).isEqualTo(3800 * MIB); // the cache makes room
  }

  @Test
  void version1TheGroupOfTheMemoryControllerCounts() throws Exception {
    machine(
        "9:cpu,cpuacct:/elsewhere\n4:memory:/user/job:1\n0::/",
        """
        31 23 0:28 / TREE rw - tmpfs tmpfs rw,mode=755
        32 31 0:29 / TREE/cpu rw - cgroup cgroup rw,cpu
        35 31 0:32 / TREE/memory rw - cgroup cgroup rw,memory
        41 31 0:38 / TREE/unified rw - cgroup2 cgroup2 rw\
        """);
    write("tree/unified/cgroup.procs", "1");
    write("tree/cpu/elsewhere/memory.limit_in_bytes", "1");
    write("tree/memory/memory.limit_in_bytes", "9223372036854771712");
    write("tree/memory/user/memory.limit_in_bytes", "" + 9000 * MIB);
    write("tree/memory/user/job:1/memory.limit_in_bytes", "" + 1500 * MIB);
    write("tree/memory/user/job:1/memory.usage_in_bytes", "" + 600 * MIB);
    write("tree/memory/user/job:1/memory.stat", "total_inactive_file " + 50 * MIB);
    assertLimit(1500);
    assertThat(read().available()).isEqualTo(950 * MIB);
    assertThat(launcher("heap_megabytes")).isEqualTo(750);
  }

  @ParameterizedTest
  @CsvSource({
    "/docker/abc, /docker/abc", // a container of version 1 sees its own part of the tree
    "/, /docker/abc", // in the name space of the host, which is not mounted
    "/, /../../outside", // a process moved in from outside
    "/docker/abc, /docker/abc/"
  })
  void aContainersOwnLimitIsAtTheMountPoint(String mountRoot, String group) throws Exception {
    machine("5:memory:" + group, "35 31 0:32 " + mountRoot + " TREE ro - cgroup cgroup rw,memory");
    write("tree/memory.limit_in_bytes", "" + 2048 * MIB);
    assertLimit(2048);
  }

  @ParameterizedTest
  @CsvSource({
    "512, 256",
    "1024, 512",
    "1500, 750",
    "3000, 1024",
    "8192, 2048",
    "20000, 5000",
    "60000, 8192"
  })
  void theHeapIsAQuarterWithinBoundsAndNeverMoreThanHalf(long limit, long heap) throws Exception {
    machine("0::/", "30 22 0:26 / TREE rw - cgroup2 cgroup2 rw");
    write("tree/memory.max", "" + limit * MIB);
    assertThat(launcher("heap_megabytes")).isEqualTo(heap);
  }

  @Test
  void thisProcessIsWithinItsMachine() {
    assertThat(Machine.totalMebibytes()).isPositive();
    assertThat(Machine.availableMebibytes()).isBetween(0L, Machine.totalMebibytes());
  }
}
