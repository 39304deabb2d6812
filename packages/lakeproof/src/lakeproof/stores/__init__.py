"""Object stores: how they are named, asked and told of, whatever is kept in them.

Below tables, deliveries and models, which all stand on one way to a store.
"""
