from gql.reading.read import read_back, read_one, read_page

__all__ = ["read_back", "read_one", "read_page"]
