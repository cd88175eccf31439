package org.octothorpe.cli.common;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The memory that Linux's control groups allow to this process. It is in a group of a tree (a
 * container's, a job's, a service's), each of whose groups may have a limit; version 1 and 2 of the
 * interface may be mounted side by side.
 *
 * @param limit bytes that the narrowest group allows, or {@link Long#MAX_VALUE}
 * @param available bytes that can still be used in the fullest group, or {@link Long#MAX_VALUE}
 */
record ControlGroups(long limit, long available) {
  private static final Pattern MOUNT =
      Pattern.compile("\\S+ \\S+ \\S+ (\\S+) (\\S+) .* - (cgroup2?) \\S+ (\\S+)");
  private static final Pattern VERSION_1 =
      Pattern.compile("[0-9]+:(?:[^:]*,)?memory(?:,[^:]*)?:(.*)");
  private static final Pattern VERSION_2 = Pattern.compile("0::(.*)");

  /** The names that a version of the interface has for the same. */
  private record Names(String limit, String used, String cache) {
    static final Names OF_1 =
        new Names("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file");
    static final Names OF_2 = new Names("memory.max", "memory.current", "inactive_file");
  }

  /**
   * Reads the groups of this process.
   *
   * @param proc the folder {@code /proc}
   */
  static ControlGroups read(Path proc) {
    ControlGroups all = new ControlGroups(Long.MAX_VALUE, Long.MAX_VALUE);
    List<String> groups = lines(proc.resolve("self/cgroup"));
    for (String line : lines(proc.resolve("self/mountinfo"))) {
      Matcher mount = MOUNT.matcher(line);
      if (!mount.matches()) {
        continue;
      }
      boolean second = mount.group(3).equals("cgroup2");
      if (second || List.of(mount.group(4).split(",", -1)).contains("memory")) {
        String group = group(groups, second ? VERSION_2 : VERSION_1, mount.group(1));
        Path top = Path.of(mount.group(2));
        all = all.within(top, group, second ? Names.OF_2 : Names.OF_1);
      }
    }
    return all;
  }

  /** Returns the path of the process's group below the mount point. */
  private static String group(List<String> groups, Pattern pattern, String mountRoot) {
    for (String line : groups) {
      Matcher matcher = pattern.matcher(line);
      if (matcher.matches()) {
        String path = matcher.group(1);
        // A container may see a part of the tree, or its path from outside.
        return !mountRoot.equals("/") && path.startsWith(mountRoot)
            ? path.substring(mountRoot.length())
            : path;
      }
    }
    return "";
  }

  private ControlGroups within(Path top, String group, Names names) {
    Path folder = top.resolve(group.replaceFirst("^/+", ""));
    if (group.contains("..") || !Files.isDirectory(folder)) {
      folder = top;
    }
    ControlGroups least = this;
    for (Path at = folder; at != null && at.startsWith(top); at = at.getParent()) {
      long limit = number(String.join("", lines(at.resolve(names.limit))));
      if (limit < Long.MAX_VALUE) {
        long cache = 0;
        for (String line : lines(at.resolve("memory.stat"))) {
          if (line.startsWith(names.cache + " ")) {
            cache = number(line.substring(names.cache.length() + 1));
          }
        }
        long used = number(String.join("", lines(at.resolve(names.used))));
        long free = used == Long.MAX_VALUE ? limit : Math.max(0, limit - Math.max(0, used - cache));
        least = new ControlGroups(Math.min(least.limit, limit), Math.min(least.available, free));
      }
    }
    return least;
  }

  /** No limit is "max", or a number of 19 digits. */
  private static long number(String text) {
    return text.matches("[0-9]{1,18}") ? Long.parseLong(text) : Long.MAX_VALUE;
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      return List.of(); // another system, or no such group
    }
  }
}
