package org.octothorpe.data.sources;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.octothorpe.data.files.MemberName;

/**
 * What the ids of images begin with that name none themselves, so that keys may start again in each
 * file of an input: of a shard, its file name; of a table, the folder that its images are named
 * from.
 *
 * <p>Where files of the input lie does not matter, only how they differ: shards of one file name
 * have the path from the folder that holds them all; tables of one folder have nothing, tables of
 * several the path of theirs from the folder that holds them all. So an input that was moved has
 * the same ids.
 */
public final class IdScopes {
  private IdScopes() {}

  /** Returns the id of an image in a scope. */
  public static String id(String scope, String name) {
    return scope.isEmpty() ? name : scope + "/" + name;
  }

  /** Returns the scope of a shard among others of other file names. */
  public static String ofShard(Path shard) {
    return MemberName.ofFile(shard);
  }

  /** Returns the scope of each file of an input, in its order. */
  public static List<String> of(List<Path> files) {
    Set<Path> folders = new HashSet<>();
    Map<String, Set<Path>> shards = new HashMap<>(); // by file name
    for (Path file : files) {
      if (Sources.isTable(file)) {
        folders.add(folder(file));
      } else {
        shards.computeIfAbsent(ofShard(file), name -> new HashSet<>()).add(absolute(file));
      }
    }
    return files.stream()
        .map(
            file -> {
              if (Sources.isTable(file)) {
                return below(folder(file), folders);
              }
              Set<Path> same = shards.getOrDefault(ofShard(file), Set.of());
              return same.size() < 2 ? ofShard(file) : below(absolute(file), same);
            })
        .toList();
  }

  private static Path absolute(Path file) {
    return file.toAbsolutePath().normalize();
  }

  private static Path folder(Path table) {
    return absolute(table).resolveSibling("");
  }

  /** Returns the path from the folder that holds all of some; "" if there is one alone. */
  private static String below(Path path, Set<Path> all) {
    if (all.size() < 2) {
      return "";
    }
    Path common = path;
    while (common.getParent() != null && !holdsAll(common, all)) {
      common = common.getParent();
    }
    return MemberName.of(common.relativize(path).toString());
  }

  private static boolean holdsAll(Path folder, Set<Path> all) {
    return all.stream().allMatch(path -> path.startsWith(folder));
  }
}
