package org.octothorpe.data.curation.rules;

/** The rule of a vocabulary that takes tags as they are. */
public record EveryTag() implements TagRule {
  private static final long serialVersionUID = 1L;

  @Override
  public Treatment treat(String tag) {
    return new Treatment(tag, tag, "every tag stands for itself");
  }
}
