package org.octothorpe.data.curation;

/** The rule of a vocabulary that takes tags as they are. */
record EveryTag() implements TagRule {
  private static final long serialVersionUID = 1L;

  @Override
  public Treatment treat(String tag) {
    return new Treatment(tag, tag, "every tag stands for itself");
  }
}
