package org.octothorpe.io;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * What stands before the keys of a model in a state dict, as {@code module.} of data-parallel
 * training, {@code _orig_mod.} of compilation, {@code model.} of a Lightning module, or several of
 * them one behind the other.
 *
 * @param text the prefix; empty if the keys stand alone
 */
record KeyPrefix(String text) {
  /**
   * Finds the prefix under which all keys of a model are; of a dict that lacks some, the one under
   * which most are.
   *
   * @param source the dict's name, for messages
   * @throws IllegalArgumentException if there are several such prefixes; it names them
   */
  static KeyPrefix find(String source, Set<String> keys, Set<String> model) {
    if (keys.containsAll(model)) {
      return new KeyPrefix("");
    }
    int longest = model.stream().mapToInt(String::length).max().orElse(0);
    Map<String, Integer> found = new LinkedHashMap<>();
    for (String key : keys) {
      // What is longer than every key of the model is not cut out, so that long keys cost no time.
      for (int begin = 0; begin >= 0; begin = nextPart(key, begin)) {
        if (key.length() - begin <= longest && model.contains(key.substring(begin))) {
          found.merge(key.substring(0, begin), 1, Integer::sum);
        }
      }
    }
    List<String> complete =
        found.entrySet().stream()
            .filter(entry -> entry.getValue() == model.size())
            .map(Map.Entry::getKey)
            .toList();
    if (complete.size() > 1) {
      throw new IllegalArgumentException(
          "%s has the model under several prefixes, %s; name the one to read (--weights NAME)"
              .formatted(source, StateDict.listed(complete)));
    }
    String best = complete.isEmpty() ? "" : complete.get(0);
    int most = found.getOrDefault(best, 0);
    for (Map.Entry<String, Integer> entry : found.entrySet()) {
      if (entry.getValue() > most) {
        best = entry.getKey();
        most = entry.getValue();
      }
    }
    return new KeyPrefix(best);
  }

  /** Returns what a user should know; nothing without a prefix. */
  List<String> remarks(int keys) {
    return text.isEmpty()
        ? List.of()
        : List.of(
            String.format(Locale.ROOT, "'%s' is taken off the %d keys of the model", text, keys));
  }

  private static int nextPart(String key, int begin) {
    int dot = key.indexOf('.', begin);
    return dot < 0 ? -1 : dot + 1;
  }
}
