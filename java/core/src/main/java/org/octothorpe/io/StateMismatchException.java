package org.octothorpe.io;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A state dict that belongs to another model: keys are missing or unexpected, or shapes differ. */
public final class StateMismatchException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  /** The number of keys of a kind that the message spells out. */
  private static final int NAMED = 5;

  private final ArrayList<String> missing;
  private final ArrayList<String> unexpected;
  private final ArrayList<String> mismatched;

  StateMismatchException(
      String source,
      String model,
      List<String> missing,
      List<String> unexpected,
      List<String> mismatched) {
    super(
        source
            + " does not fit "
            + model
            + ": "
            + String.join(
                "; ",
                List.of(
                    part("missing", missing),
                    part("unexpected", unexpected),
                    part("of another shape", mismatched))));
    this.missing = new ArrayList<>(missing);
    this.unexpected = new ArrayList<>(unexpected);
    this.mismatched = new ArrayList<>(mismatched);
  }

  /** Returns the keys that the model has and the state dict has not. */
  public List<String> missing() {
    return List.copyOf(missing);
  }

  /** Returns the keys that the state dict has and the model has not. */
  public List<String> unexpected() {
    return List.copyOf(unexpected);
  }

  /** Returns a text for each tensor of another shape: its key, its shape and the model's. */
  public List<String> mismatched() {
    return List.copyOf(mismatched);
  }

  private static String part(String kind, List<String> keys) {
    if (keys.isEmpty()) {
      return "0 " + kind;
    }
    String named = String.join(", ", keys.subList(0, Math.min(NAMED, keys.size())));
    int rest = keys.size() - NAMED;
    return String.format(
        Locale.ROOT,
        "%d %s (%s%s)",
        keys.size(),
        kind,
        named,
        rest > 0 ? ", and " + rest + " more" : "");
  }
}
